import type { Execution } from '../lib/api';
import { endOf, startOf } from '../lib/execution';
import { duration, fromNow, time } from '../lib/format';
import { StateBadge } from './badge';
import { DataTable } from './data_table';
import { Link } from './link';

export function ExecutionTable({ executions, withFlow = true }: { executions: Execution[]; withFlow?: boolean }) {
  const now = Date.now();
  return (
    <DataTable
      label="Executions" rows={executions} rowKey={(one) => one.id} rowHref={(one) => `/executions/${one.id}`}
      columns={[
        { id: 'id', header: 'Execution', accessorKey: 'id', cell: ({ row: { original: one } }) => <Link href={`/executions/${one.id}`}><code>{one.id.slice(0, 8)}</code></Link>, meta: { width: '7rem' } },
        { id: 'state', header: 'State', accessorFn: (one) => one.state.current, cell: ({ row: { original: one } }) => <StateBadge state={one.state.current} />, meta: { width: '8rem' } },
        ...(withFlow ? [{ id: 'flow', header: 'Flow', accessorFn: (one: Execution) => `${one.namespace}.${one.flowId}`, cell: ({ row: { original: one } }: { row: { original: Execution } }) => <><b>{one.flowId}</b> <span className="mute">{one.namespace}</span></> }] : []),
        { id: 'trigger', header: 'Started by', accessorFn: (one) => one.trigger?.id ?? 'a person', meta: { isExtra: true } },
        { id: 'started', header: 'Started', accessorFn: (one) => startOf(one.state), cell: ({ row: { original: one } }) => <span title={time(one.state.startDate)}>{fromNow(new Date(startOf(one.state)).toISOString())}</span> },
        { id: 'duration', header: 'Duration', accessorFn: (one) => endOf(one.state, now) - startOf(one.state), meta: { isNumber: true, width: '7rem' }, cell: ({ row: { original: one } }) => duration(endOf(one.state, now) - startOf(one.state)) },
      ]}
    />
  );
}
