import { expect, test } from 'vitest';
import type { Execution, TaskRun } from './api';
import { ganttBars, mergeLogs } from './execution';

const at = (s: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, s)).toISOString();
const run = (id: string, from: number, to: number, parentTaskRunId?: string): TaskRun => ({
  id, taskId: id, parentTaskRunId, state: { current: 'SUCCESS', histories: [{ state: 'CREATED', date: at(from) }, { state: 'SUCCESS', date: at(to) }] },
});

test('bars are shares of the whole time, children below their parent', () => {
  const execution = {
    state: { current: 'SUCCESS', histories: [{ state: 'CREATED', date: at(0) }, { state: 'SUCCESS', date: at(10) }] },
    taskRunList: [run('b', 5, 10), run('a', 0, 5), run('a1', 1, 2, 'a')],
  } as Execution;
  const { bars, ms } = ganttBars(execution, 0);
  expect(ms).toBe(10_000);
  expect(bars.map((bar) => [bar.run.id, bar.depth, bar.begin, bar.end])).toEqual([['a', 0, 0, 0.5], ['a1', 1, 0.1, 0.2], ['b', 0, 0.5, 1]]);
});

test('what runs still reaches until now', () => {
  const execution = { state: { current: 'RUNNING', histories: [{ state: 'CREATED', date: at(0) }] }, taskRunList: [] } as unknown as Execution;
  expect(ganttBars(execution, new Date(at(7)).getTime()).ms).toBe(7000);
});

test('a log line that comes twice is shown once', () => {
  const line = (id: number) => ({ id, timestamp: at(id), level: 'INFO', message: String(id) });
  expect(mergeLogs([line(1), line(3)], [line(2), line(3)]).map((one) => one.id)).toEqual([1, 2, 3]);
});
