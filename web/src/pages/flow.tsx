import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { get, send, type Execution, type Flow, type FlowInput, type Page, type Problem } from '../lib/api';
import { fromNow, time } from '../lib/format';
import { go } from '../lib/router';
import { yamlTokens } from '../lib/yaml';
import { Field } from '../parts/controls';
import { Dialog } from '../parts/dialog';
import { ExecutionTable } from '../parts/execution_table';
import { Icon } from '../parts/icons';
import { Link } from '../parts/link';
import { Failed, Loading } from '../parts/states';
import { useTriggers } from './flows';

function Source({ source, problems }: { source: string; problems: Problem[] }) {
  const byLine = new Map(problems.map((problem) => [problem.line, problem]));
  return (
    <pre className="source" tabIndex={0} aria-label="The flow's YAML">
      {source.replace(/\n$/, '').split('\n').map((line, at) => (
        <span key={at} id={`line-${at + 1}`} className={`line ${byLine.get(at + 1)?.level ?? ''}`}>
          {yamlTokens(line).map((token, i) => <span key={i} className={`y-${token.kind}`}>{token.text}</span>)}{'\n'}
        </span>
      ))}
    </pre>
  );
}

function Problems({ problems }: { problems: Problem[] }) {
  if (problems.length === 0) return null;
  return (
    <section className="card pad" aria-label="Problems">
      <h2>Problems</h2>
      <ul className="findings">
        {problems.map((problem, at) => (
          <li key={at} className={problem.level}><Icon name="alert" size={15} /><span><a href={`#line-${problem.line}`}>line {problem.line}, column {problem.column}</a>: {problem.message}</span></li>
        ))}
      </ul>
    </section>
  );
}

function InputField({ input }: { input: FlowInput }) {
  const label = `${input.displayName ?? input.id}${input.required === false ? ' (optional)' : ''}`;
  const fallback = input.defaults === undefined ? '' : typeof input.defaults === 'object' ? JSON.stringify(input.defaults) : String(input.defaults);
  const isRequired = input.required !== false && input.defaults === undefined;
  if (input.values) {
    return <Field label={label}><select name={input.id} defaultValue={fallback}>{input.values.map((value) => <option key={value}>{value}</option>)}</select></Field>;
  }
  if (/^BOOL/.test(input.type)) {
    return <Field label={label}><select name={input.id} defaultValue={fallback || 'false'}><option>true</option><option>false</option></select></Field>;
  }
  if (/^(JSON|YAML|ARRAY)$/.test(input.type)) {
    return <Field label={`${label}, ${input.type}`}><textarea name={input.id} rows={4} defaultValue={fallback} required={isRequired} /></Field>;
  }
  const type = { INT: 'number', FLOAT: 'number', DATE: 'date', EMAIL: 'email', SECRET: 'password' }[input.type] ?? 'text';
  return <Field label={label}><input name={input.id} type={type} step={input.type === 'FLOAT' ? 'any' : undefined} defaultValue={fallback} required={isRequired} /></Field>;
}

function RunDialog({ flow, close }: { flow: Flow; close: () => void }) {
  const run = useMutation({
    mutationFn: (form: FormData) => send<Execution>('POST', `executions/${encodeURIComponent(flow.namespace)}/${encodeURIComponent(flow.id)}`, form),
    onSuccess: (execution) => go(`/executions/${execution.id}`),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    // An empty field is no value, not an empty one.
    for (const [name, value] of [...form]) if (value === '') form.delete(name);
    run.mutate(form);
  };
  const files = (flow.inputs ?? []).filter((input) => input.type === 'FILE');
  return (
    <Dialog title={`Run ${flow.id}`} close={close}>
      <form className="form" onSubmit={submit}>
        {(flow.inputs ?? []).filter((input) => input.type !== 'FILE').map((input) => <InputField key={input.id} input={input} />)}
        {files.length > 0 && <p className="note">Files ({files.map((input) => input.id).join(', ')}) are given on the command line: <code>outlay flow run</code>.</p>}
        {!flow.inputs?.length && <p className="mute">This flow takes no inputs.</p>}
        {run.error && <Failed error={run.error} />}
        <button type="submit" className="primary" disabled={run.isPending} autoFocus={!flow.inputs?.length}><Icon name="play" size={15} />Run</button>
      </form>
    </Dialog>
  );
}

export function FlowPage({ namespace, id }: { namespace: string; id: string }) {
  const [isRun, setRun] = useState(false);
  const path = `flows/${encodeURIComponent(namespace)}/${encodeURIComponent(id)}`;
  const flow = useQuery({ queryKey: ['flows', namespace, id], queryFn: ({ signal }) => get<Flow>(path, { source: true }, signal) });
  const check = useQuery({
    queryKey: ['flows', namespace, id, 'check', flow.data?.revision],
    queryFn: () => send<{ problems: Problem[] }[]>('POST', 'flows/validate', flow.data!.source, 'application/x-yaml'),
    enabled: !!flow.data?.source,
  });
  const runs = useQuery({ queryKey: ['executions', 'of', namespace, id], queryFn: ({ signal }) => get<Page<Execution>>('executions/search', { namespace, flowId: id, size: 10 }, signal) });
  const triggers = useTriggers();
  const mine = (triggers.data?.results ?? []).filter((one) => one.namespace === namespace && one.flowId === id);
  if (flow.error) return <Failed error={flow.error} retry={() => void flow.refetch()} />;
  if (!flow.data) return <Loading rows={10} />;
  return (
    <>
      <Link className="back" href="/flows"><Icon name="back" size={15} />Flows</Link>
      <div className="head">
        <div>
          <h1>{id}</h1>
          <p className="sub">{namespace}, revision {flow.data.revision}{mine.map((one) => one.next && <span key={one.triggerId}>, next run <span title={time(one.next)}>{fromNow(one.next)}</span>{one.cron && <> (<code>{one.cron}</code>)</>}</span>)}</p>
        </div>
        <button type="button" className="primary" onClick={() => setRun(true)} disabled={flow.data.disabled}><Icon name="play" size={15} />Run</button>
      </div>
      {flow.data.description && <p className="note">{flow.data.description}</p>}
      <Problems problems={check.data?.[0]?.problems ?? []} />
      <section className="card"><Source source={flow.data.source ?? ''} problems={check.data?.[0]?.problems ?? []} /></section>
      <h2 className="between">Last runs</h2>
      <section className="card">
        {runs.error ? <Failed error={runs.error} /> : !runs.data ? <Loading rows={3} /> : runs.data.results.length === 0 ? <p className="pad mute">It has not run yet.</p> : <ExecutionTable executions={runs.data.results} withFlow={false} />}
      </section>
      {isRun && <RunDialog flow={flow.data} close={() => setRun(false)} />}
    </>
  );
}
