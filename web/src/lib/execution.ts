// Times of executions and task runs. Pure but for `now`, which is passed in.
import type { Execution, LogLine, State, TaskRun } from './api';

export function startOf(state: State): number {
  return new Date(state.startDate ?? state.histories[0]?.date ?? 0).getTime();
}

export function endOf(state: State, now: number): number {
  if (state.endDate) return new Date(state.endDate).getTime();
  const last = state.histories.at(-1);
  const hasEnded = /^(SUCCESS|WARNING|FAILED|KILLED|CANCELLED|RETRIED|SKIPPED)$/.test(state.current);
  return hasEnded && last ? new Date(last.date).getTime() : now;
}

export interface Bar {
  run: TaskRun;
  depth: number;
  /** Shares of the whole time, 0 to 1. */
  begin: number;
  end: number;
  ms: number;
}

/** Task runs in tree order, with their place on the time axis. */
export function ganttBars(execution: Execution, now: number): { bars: Bar[]; ms: number } {
  const runs = execution.taskRunList ?? [];
  const first = Math.min(startOf(execution.state), ...runs.map((run) => startOf(run.state)));
  const last = Math.max(endOf(execution.state, now), ...runs.map((run) => endOf(run.state, now)), first + 1);
  const span = last - first;
  const known = new Set(runs.map((run) => run.id));
  const children = new Map<string, TaskRun[]>();
  for (const run of runs) {
    const parent = run.parentTaskRunId && known.has(run.parentTaskRunId) ? run.parentTaskRunId : '';
    children.set(parent, [...(children.get(parent) ?? []), run]);
  }
  const bars: Bar[] = [];
  const visit = (parent: string, depth: number) => {
    for (const run of (children.get(parent) ?? []).sort((a, b) => startOf(a.state) - startOf(b.state))) {
      const begin = startOf(run.state);
      const end = endOf(run.state, now);
      bars.push({ run, depth, begin: (begin - first) / span, end: (end - first) / span, ms: end - begin });
      visit(run.id, depth + 1);
    }
  };
  visit('', 0);
  return { bars, ms: span };
}

/** A stream that was opened again says old lines once more. */
export function mergeLogs(old: LogLine[], more: LogLine[]): LogLine[] {
  const known = new Set(old.map((line) => line.id));
  const fresh = more.filter((line) => !known.has(line.id));
  return fresh.length ? [...old, ...fresh].sort((a, b) => a.id - b.id) : old;
}
