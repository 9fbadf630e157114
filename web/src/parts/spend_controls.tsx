import { useState, type FormEvent } from 'react';
import { addDays, PRESETS } from '../lib/dates';
import { useParams } from '../lib/router';
import { NONE, writeFilter, type Filter } from '../lib/series';
import { groupLabel, GROUPS, METRIC_HINTS, METRICS, type SpendState } from '../lib/spend_state';
import { Field } from './controls';
import { Dialog } from './dialog';
import { Icon } from './icons';

export function PeriodPicker({ state }: { state: SpendState }) {
  const { set } = useParams();
  const last = addDays(state.period.to, -1);
  return (
    <div className="period" role="group" aria-label="Period">
      <Field label="Period">
        <select value={state.preset ?? 'custom'} onChange={(event) => {
          const value = event.target.value;
          if (value === 'custom') set({ period: null, from: state.period.from, to: state.period.to });
          else set({ period: value, from: null, to: null });
        }}>
          {PRESETS.map((preset) => <option key={preset.id} value={preset.id}>{preset.label}</option>)}
          <option value="custom">Custom</option>
        </select>
      </Field>
      <Field label="First day">
        <input type="date" value={state.period.from} max={last} onChange={(event) => event.target.value && event.target.value <= last && set({ period: null, from: event.target.value, to: state.period.to })} />
      </Field>
      <Field label="Last day">
        <input type="date" value={last} min={state.period.from} onChange={(event) => event.target.value && event.target.value >= state.period.from && set({ period: null, from: state.period.from, to: addDays(event.target.value, 1) })} />
      </Field>
    </div>
  );
}

function TagDialog({ close, use }: { close: () => void; use: (key: string) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get('key') ?? '').trim();
    if (key) use(key);
    close();
  };
  return (
    <Dialog title="Group by a tag" close={close}>
      <form onSubmit={submit} className="form">
        <Field label="Tag key, as the provider spells it"><input name="key" autoFocus placeholder="team" required /></Field>
        <button type="submit" className="primary">Group</button>
      </form>
    </Dialog>
  );
}

export function SpendControls({ state, currencies, currency }: { state: SpendState; currencies: string[]; currency: string }) {
  const { set } = useParams();
  const [isTag, setTag] = useState(false);
  return (
    <div className="controls">
      <PeriodPicker state={state} />
      <Field label="Cost">
        <select value={state.metric} title={METRIC_HINTS[state.metric]} onChange={(event) => set({ metric: event.target.value })}>
          {METRICS.map((metric) => <option key={metric} value={metric}>{metric}</option>)}
        </select>
      </Field>
      <Field label="Group by">
        <select value={state.by} onChange={(event) => (event.target.value === 'tag:' ? setTag(true) : set({ by: event.target.value }))}>
          {GROUPS.map((group) => <option key={group.id} value={group.id}>{group.label}</option>)}
          {!GROUPS.some((group) => group.id === state.by) && <option value={state.by}>{groupLabel(state.by)}</option>}
          <option value="tag:">Tag…</option>
        </select>
      </Field>
      <Field label="By">
        <select value={state.granularity} onChange={(event) => set({ step: event.target.value })}>
          <option value="day">Day</option>
          <option value="month">Month</option>
        </select>
      </Field>
      {currencies.length > 1 && (
        <Field label="Currency">
          <select value={currency} onChange={(event) => set({ currency: event.target.value })}>
            {currencies.map((one) => <option key={one} value={one}>{one}</option>)}
          </select>
        </Field>
      )}
      <label className="check">
        <input type="checkbox" checked={state.compare} onChange={(event) => set({ compare: event.target.checked ? null : 'off' })} />
        <span>Compare with before</span>
      </label>
      {isTag && <TagDialog close={() => setTag(false)} use={(key) => set({ by: `tag:${key}` })} />}
    </div>
  );
}

const COLUMNS = [...GROUPS.map((group) => group.id), 'ResourceId', 'ResourceType', 'SkuId', 'ChargeDescription', 'InvoiceId'];

function FilterDialog({ close, add }: { close: () => void; add: (filter: Filter) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const column = String(data.get('column')).trim();
    if (column) add({ column, not: data.get('is') === 'not', value: String(data.get('value')) || NONE });
    close();
  };
  return (
    <Dialog title="Add a filter" close={close}>
      <form onSubmit={submit} className="form">
        <Field label="Column, or tag:KEY">
          <input name="column" list="filter-columns" autoFocus required placeholder="ServiceName" />
        </Field>
        <datalist id="filter-columns">{COLUMNS.map((column) => <option key={column} value={column} />)}</datalist>
        <Field label="Condition">
          <select name="is"><option value="is">is</option><option value="not">is not</option></select>
        </Field>
        <Field label="Value (empty: without a value)"><input name="value" /></Field>
        <button type="submit" className="primary">Add</button>
      </form>
    </Dialog>
  );
}

/** The filters as chips; the address holds them. */
export function FilterBar({ filters }: { filters: Filter[] }) {
  const { set } = useParams();
  const [isOpen, setOpen] = useState(false);
  const put = (next: Filter[]) => set({ f: next.map(writeFilter), page: null });
  return (
    <div className="chips" role="group" aria-label="Filters">
      {filters.map((filter, at) => (
        <span className="chip" key={writeFilter(filter)}>
          <span>{groupLabel(filter.column)} {filter.not ? 'is not' : 'is'} <b>{filter.value === NONE ? 'empty' : filter.value}</b></span>
          <button type="button" aria-label={`Remove the filter ${filter.column}`} onClick={() => put(filters.filter((_, i) => i !== at))}><Icon name="close" size={13} /></button>
        </span>
      ))}
      <button type="button" className="chip add" onClick={() => setOpen(true)}><Icon name="plus" size={13} />Filter</button>
      {filters.length > 1 && <button type="button" className="quiet small" onClick={() => put([])}>Clear</button>}
      {isOpen && <FilterDialog close={() => setOpen(false)} add={(filter) => put([...filters, filter])} />}
    </div>
  );
}
