import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get, type Execution, type Flow, type Page, type Trigger } from '../lib/api';
import { fromNow, time } from '../lib/format';
import { useParams } from '../lib/router';
import { StateBadge } from '../parts/badge';
import { DataTable } from '../parts/data_table';
import { Link } from '../parts/link';
import { Empty, Failed, Loading } from '../parts/states';

export function flowHref(namespace: string, id: string): string {
  return `/flows/${encodeURIComponent(namespace)}/${encodeURIComponent(id)}`;
}

export function useTriggers() {
  return useQuery({ queryKey: ['executions', 'triggers'], queryFn: ({ signal }) => get<Page<Trigger>>('triggers/search', {}, signal) });
}

interface Line {
  flow: Flow;
  next: string | null;
  last: Execution | undefined;
}

export function FlowsPage() {
  const { params, set } = useParams();
  const q = params.get('q') ?? '';
  const flows = useQuery({ queryKey: ['flows', q], queryFn: ({ signal }) => get<Page<Flow>>('flows/search', { size: 500, q }, signal) });
  const triggers = useTriggers();
  const latest = useQuery({ queryKey: ['executions', 'latest'], queryFn: ({ signal }) => get<Page<Execution>>('executions/search', { size: 200 }, signal) });

  const lines = useMemo<Line[]>(() => (flows.data?.results ?? []).map((flow) => ({
    flow,
    next: (triggers.data?.results ?? []).filter((one) => one.namespace === flow.namespace && one.flowId === flow.id && one.next).map((one) => one.next!).sort()[0] ?? null,
    last: latest.data?.results.find((one) => one.namespace === flow.namespace && one.flowId === flow.id),
  })), [flows.data, triggers.data, latest.data]);

  return (
    <>
      <div className="head">
        <div><h1>Flows</h1><p className="sub">What runs, when, and how it went</p></div>
        <input type="search" data-find placeholder="Find a flow" aria-label="Find a flow" defaultValue={q} onChange={(event) => set({ q: event.target.value }, 'replace')} />
      </div>
      {flows.error ? <Failed error={flows.error} retry={() => void flows.refetch()} />
        : !flows.data ? <Loading />
        : lines.length === 0 ? <Empty title={q ? 'No flow has this in its name' : 'There are no flows yet'} text={q ? undefined : <>Put flow files into a folder of <code>flow.folders</code>, or send one: <code>outlay flow validate FILE</code> checks it first.</>} />
        : (
          <section className="card">
            <DataTable
              label="Flows" rows={lines} rowKey={(line) => `${line.flow.namespace}.${line.flow.id}`} rowHref={(line) => flowHref(line.flow.namespace, line.flow.id)}
              columns={[
                { id: 'id', header: 'Flow', accessorFn: (line) => line.flow.id, cell: ({ row: { original: { flow } } }) => <><Link href={flowHref(flow.namespace, flow.id)}><b>{flow.id}</b></Link>{flow.description && <div className="mute clip">{flow.description.split('\n')[0]}</div>}</> },
                { id: 'namespace', header: 'Namespace', accessorFn: (line) => line.flow.namespace, meta: { isExtra: true } },
                { id: 'last', header: 'Last run', accessorFn: (line) => line.last?.state.startDate ?? '', cell: ({ row: { original: { last } } }) => (last ? <span className="inline"><StateBadge state={last.state.current} /><Link className="mute" href={`/executions/${last.id}`} title={time(last.state.startDate)}>{fromNow(last.state.startDate ?? last.state.histories[0]?.date)}</Link></span> : <span className="mute">never</span>) },
                { id: 'next', header: 'Next run', accessorFn: (line) => line.next ?? '', cell: ({ row: { original: { next, flow } } }) => (flow.disabled ? <span className="mute">disabled</span> : next ? <span title={time(next)}>{fromNow(next)}</span> : <span className="mute">by hand</span>) },
                { id: 'revision', header: 'Revision', accessorFn: (line) => line.flow.revision, meta: { isNumber: true, isExtra: true, width: '6rem' } },
              ]}
            />
          </section>
        )}
    </>
  );
}
