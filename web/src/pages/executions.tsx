import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { get, type Execution, type Page } from '../lib/api';
import { useParams } from '../lib/router';
import { Field } from '../parts/controls';
import { Pager } from '../parts/data_table';
import { ExecutionTable } from '../parts/execution_table';
import { Empty, Failed, Loading } from '../parts/states';

const STATES = ['RUNNING', 'SUCCESS', 'WARNING', 'FAILED', 'KILLED', 'PAUSED', 'QUEUED', 'CREATED'];
const SIZE = 25;

export function ExecutionsPage() {
  const { params, set } = useParams();
  const query = { page: Math.max(1, Number(params.get('page')) || 1), size: SIZE, state: params.get('state'), flowId: params.get('flow'), namespace: params.get('namespace') };
  const executions = useQuery({
    queryKey: ['executions', 'search', query],
    queryFn: ({ signal }) => get<Page<Execution>>('executions/search', query, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <div className="head"><div><h1>Executions</h1><p className="sub">The newest first; the list follows what happens</p></div></div>
      <div className="controls">
        <Field label="State">
          <select value={query.state ?? ''} onChange={(event) => set({ state: event.target.value, page: null })}>
            <option value="">Any</option>
            {STATES.map((state) => <option key={state} value={state}>{state.toLowerCase()}</option>)}
          </select>
        </Field>
        <Field label="Flow">
          <input type="search" data-find defaultValue={query.flowId ?? ''} placeholder="flow id" onKeyDown={(event) => event.key === 'Enter' && set({ flow: event.currentTarget.value.trim(), page: null })} onBlur={(event) => event.target.value.trim() !== (query.flowId ?? '') && set({ flow: event.target.value.trim(), page: null })} />
        </Field>
      </div>
      {executions.error ? <Failed error={executions.error} retry={() => void executions.refetch()} />
        : !executions.data ? <Loading />
        : executions.data.results.length === 0 ? <Empty title="No executions" text={query.state || query.flowId ? 'None fits this filter.' : 'Run a flow and it shows here.'} />
        : <section className="card"><ExecutionTable executions={executions.data.results} /></section>}
      {executions.data && <Pager page={query.page} size={SIZE} total={executions.data.total} onPage={(page) => set({ page: String(page) })} />}
    </>
  );
}
