import type { Execution } from '../lib/api';
import { ganttBars } from '../lib/execution';
import { duration } from '../lib/format';
import { StateBadge, stateTone } from './badge';

/** Task runs over time; the list says in words what the bars show. */
export function Gantt({ execution, now, chosen, choose }: { execution: Execution; now: number; chosen: string | null; choose: (id: string | null) => void }) {
  const { bars, ms } = ganttBars(execution, now);
  if (bars.length === 0) return <p className="pad mute">No task has begun yet.</p>;
  return (
    <div className="gantt">
      <div className="gantt-axis" aria-hidden="true">
        <span /><span className="ticks">{[0, 0.25, 0.5, 0.75, 1].map((share) => <i key={share} style={{ left: `${share * 100}%` }}>{duration(ms * share)}</i>)}</span><span />
      </div>
      <ol>
        {bars.map(({ run, depth, begin, end, ms: length }) => (
          <li key={run.id}>
            <button type="button" className="gantt-row" aria-pressed={chosen === run.id} onClick={() => choose(chosen === run.id ? null : run.id)} title="Show only its logs">
              <span className="gantt-name" style={{ paddingLeft: `${depth * 1.1}rem` }}>{run.taskId}{run.value !== undefined && run.value !== null && <span className="mute"> {run.value}</span>}{(run.attempts?.length ?? 0) > 1 && <span className="mute"> ×{run.attempts!.length}</span>}</span>
              <span className="gantt-lane"><i className={`gantt-bar ${stateTone(run.state.current)}`} style={{ left: `${begin * 100}%`, width: `max(3px, ${(end - begin) * 100}%)` }} /></span>
              <span className="gantt-end"><StateBadge state={run.state.current} /><span className="tabular">{duration(length)}</span></span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
