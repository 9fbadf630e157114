import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { get, send, type Execution, type LogLine } from '../lib/api';
import { parseExact } from '../lib/exact';
import { endOf, mergeLogs, startOf } from '../lib/execution';
import { duration, time } from '../lib/format';
import { useStream } from '../lib/live';
import { useParams } from '../lib/router';
import { isTerminal, StateBadge } from '../parts/badge';
import { Tabs } from '../parts/controls';
import { Gantt } from '../parts/gantt';
import { Icon } from '../parts/icons';
import { Link } from '../parts/link';
import { Failed, Loading } from '../parts/states';
import { Tree } from '../parts/tree';
import { flowHref } from './flows';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** The log as it grows. Lines gather for a moment, so that a chatty task does not redraw the page per line. */
function useLogs(id: string): LogLine[] {
  const [lines, setLines] = useState<LogLine[]>([]);
  const waiting = useRef<LogLine[]>([]);
  useEffect(() => {
    setLines([]);
    const flush = setInterval(() => {
      if (waiting.current.length === 0) return;
      const more = waiting.current;
      waiting.current = [];
      setLines((old) => mergeLogs(old, more));
    }, 120);
    return () => clearInterval(flush);
  }, [id]);
  useStream(`logs/${encodeURIComponent(id)}/follow`, (kind, data) => {
    if (kind === 'progress') waiting.current.push(JSON.parse(data) as LogLine);
  });
  return lines;
}

function Logs({ lines, isLive }: { lines: LogLine[]; isLive: boolean }) {
  const { params, set } = useParams();
  const least = params.get('level') ?? 'INFO';
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const shown = lines.filter((line) => LEVELS.indexOf(line.level) >= LEVELS.indexOf(least));
  useEffect(() => {
    if (isLive && isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown.length, isLive]);
  return (
    <>
      <div className="logs-head">
        <label className="field inline-field"><span>Level</span>
          <select value={least} onChange={(event) => set({ level: event.target.value }, 'replace')}>{LEVELS.map((level) => <option key={level} value={level}>{level.toLowerCase()} and above</option>)}</select>
        </label>
        <span className="mute">{shown.length} of {lines.length} lines{isLive && ', live'}</span>
      </div>
      <div className="logs" ref={box} role="log" tabIndex={0} aria-label="Log" onScroll={(event) => { const at = event.currentTarget; isAtEnd.current = at.scrollTop + at.clientHeight > at.scrollHeight - 30; }}>
        {shown.length === 0 && <p className="mute pad">{isLive ? 'Nothing was logged yet.' : 'Nothing was logged.'}</p>}
        {shown.map((line) => (
          <div key={line.id} className={`log ${line.level.toLowerCase()}`}>
            <time title={line.timestamp}>{line.timestamp.slice(11, 23)}</time><span className="level">{line.level}</span><span className="task">{line.taskId}</span><span className="message">{line.message}</span>
          </div>
        ))}
      </div>
    </>
  );
}

function Outputs({ execution }: { execution: Execution }) {
  const tasks = (execution.taskRunList ?? []).filter((run) => run.outputs && Object.keys(run.outputs).length > 0);
  const value: Record<string, unknown> = {};
  if (execution.outputs && Object.keys(execution.outputs).length > 0) value['outputs of the flow'] = execution.outputs;
  for (const run of tasks) value[run.value ? `${run.taskId} [${run.value}]` : run.taskId] = run.outputs;
  if (Object.keys(value).length === 0) return <p className="pad mute">No task left an output.</p>;
  return <div className="pad"><Tree value={value} executionId={execution.id} /></div>;
}

/** A clock that ticks only while something runs. */
function useNow(isTicking: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isTicking) return;
    const tick = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(tick);
  }, [isTicking]);
  return now;
}

export function ExecutionPage({ id }: { id: string }) {
  const { params, set } = useParams();
  const client = useQueryClient();
  const key = ['executions', 'one', id];
  const execution = useQuery({ queryKey: key, queryFn: ({ signal }) => get<Execution>(`executions/${encodeURIComponent(id)}`, {}, signal) });
  useStream(execution.data && !isTerminal(execution.data.state.current) ? `executions/${encodeURIComponent(id)}/follow` : null, (_, data) => {
    client.setQueryData(key, parseExact(data));
  });
  const lines = useLogs(id);
  const kill = useMutation({ mutationFn: () => send('DELETE', `executions/${encodeURIComponent(id)}/kill`) });
  const isLive = !!execution.data && !isTerminal(execution.data.state.current);
  const now = useNow(isLive);
  const chosen = params.get('task');
  const tab = params.get('tab') ?? 'logs';
  if (execution.error) return <Failed error={execution.error} retry={() => void execution.refetch()} />;
  if (!execution.data) return <Loading rows={10} />;
  const one = execution.data;
  const inputs = Object.keys(one.inputs ?? {}).length;
  return (
    <>
      <Link className="back" href="/executions"><Icon name="back" size={15} />Executions</Link>
      <div className="head">
        <div>
          <h1 className="inline"><Link href={flowHref(one.namespace, one.flowId)}>{one.flowId}</Link><StateBadge state={one.state.current} /></h1>
          <p className="sub"><code>{one.id}</code>, revision {one.flowRevision}, started {time(one.state.startDate ?? one.state.histories[0]?.date)} by {one.trigger?.id ?? 'a person'}, <span className="tabular">{duration(endOf(one.state, now) - startOf(one.state))}</span></p>
        </div>
        {isLive && <button type="button" className="danger" disabled={kill.isPending} onClick={() => kill.mutate()}><Icon name="stop" size={15} />Kill</button>}
      </div>
      {kill.error && <Failed error={kill.error} />}
      <section className="card" aria-label="Tasks over time"><Gantt execution={one} now={now} chosen={chosen} choose={(run) => set({ task: run, tab: run ? 'logs' : params.get('tab') }, 'replace')} /></section>
      <Tabs
        label="Details" active={tab} choose={(next) => set({ tab: next }, 'replace')}
        tabs={[{ id: 'logs', label: 'Logs', count: lines.length }, { id: 'outputs', label: 'Outputs' }, { id: 'inputs', label: 'Inputs', count: inputs }]}
      />
      <section className="card" role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
        {tab === 'logs' && <Logs lines={chosen ? lines.filter((line) => line.taskRunId === chosen) : lines} isLive={isLive} />}
        {tab === 'outputs' && <Outputs execution={one} />}
        {tab === 'inputs' && (inputs ? <div className="pad"><Tree value={one.inputs} executionId={one.id} /></div> : <p className="pad mute">It took no inputs.</p>)}
      </section>
    </>
  );
}
