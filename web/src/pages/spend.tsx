import { useMemo } from 'react';
import { addDays, addMonths, dayOf, daysBetween, previousPeriod, showMonth, showPeriod } from '../lib/dates';
import { change, money, percent } from '../lib/format';
import { restColor, seriesColor } from '../lib/palette';
import { go, hrefWith, useParams } from '../lib/router';
import { NONE, OTHER, topGroups, writeFilter, type Group } from '../lib/series';
import { useCoverage, useSpend, type Coverage, type SpendAnswer } from '../lib/spend_data';
import { groupLabel, METRIC_HINTS, spendState, type SpendState } from '../lib/spend_state';
import { useTheme } from '../lib/theme';
import { DataTable } from '../parts/data_table';
import { Link } from '../parts/link';
import { SpendChart } from '../parts/spend_chart';
import { FilterBar, SpendControls } from '../parts/spend_controls';
import { Empty, Failed, Loading } from '../parts/states';

const TOP = 8;

export function showName(name: string): string {
  return name === NONE ? '(no value)' : name === OTHER ? 'Other' : name;
}

/** Up is more spend, which is not good or bad by itself: only the size of a change is told by weight. */
function Change({ now, before }: { now: number; before: number | undefined }) {
  if (before === undefined) return <>–</>;
  const text = change(now, before);
  if (text === null) return <span className="mute">{now ? 'new' : '–'}</span>;
  const isLarge = Math.abs(now - before) > Math.abs(before) * 0.2;
  return <span className={`change ${now >= before ? 'up' : 'down'} ${isLarge ? 'large' : ''}`}>{text}</span>;
}

function Tiles({ state, answer, coverage }: { state: SpendState; answer: SpendAnswer; coverage: Coverage | null }) {
  const { now, before, currency } = answer;
  const days = daysBetween(state.period.from, state.period.to);
  return (
    <dl className="tiles">
      <div>
        <dt>{state.metric} <span className="mute">{METRIC_HINTS[state.metric]}</span></dt>
        <dd className="large" data-total>{money(now.total, currency)}</dd>
      </div>
      <div>
        <dt>Per day</dt>
        <dd>{money(now.total / days, currency)}</dd>
      </div>
      {before && (
        <>
          <div>
            <dt>Period before <span className="mute">{showPeriod(previousPeriod(state.period))}</span></dt>
            <dd>{money(before.total, currency)}</dd>
          </div>
          <div>
            <dt>Change</dt>
            <dd><Change now={now.total} before={before.total} /> <span className="mute unit">{money(now.total - before.total, currency)}</span></dd>
          </div>
        </>
      )}
      {!before && state.compare && coverage && previousPeriod(state.period).from < coverage.first && (
        <div>
          <dt>Period before <span className="mute">{showPeriod(previousPeriod(state.period))}</span></dt>
          <dd className="mute small">charges begin in {showMonth(coverage.first)}</dd>
        </div>
      )}
    </dl>
  );
}

interface Line {
  group: Group;
  color: string;
  before: number | undefined;
}

function GroupTable({ state, answer, colorOf }: { state: SpendState; answer: SpendAnswer; colorOf: Map<string, string> }) {
  const { params } = useParams();
  const theme = useTheme();
  const beforeOf = useMemo(() => new Map(answer.before?.groups.map((group) => [group.name, group.total])), [answer.before]);
  const lines: Line[] = answer.now.groups.map((group) => ({
    group,
    color: colorOf.get(group.name) ?? restColor(theme),
    before: answer.before ? (beforeOf.get(group.name) ?? 0) : undefined,
  }));
  const filtersWith = (name: string) =>
    [...state.filters, { column: state.by, not: false, value: name }].map(writeFilter);
  const rowsHref = (name: string) => hrefWith('/spend/rows', params, { f: filtersWith(name), from: state.period.from, to: state.period.to, period: null, page: null });
  const nextGroup = state.by === 'ServiceName' ? 'SubAccountName' : 'ServiceName';
  const total = answer.now.total;

  return (
    <DataTable
      key={state.compare ? 'compared' : 'alone'}
      label={`Cost by ${groupLabel(state.by)}`}
      rows={lines}
      rowKey={(line) => line.group.name}
      rowHref={(line) => rowsHref(line.group.name)}
      columns={[
        {
          id: 'name', header: groupLabel(state.by), accessorFn: (line) => showName(line.group.name),
          cell: ({ row: { original: line } }) => (
            <span className="named">
              <i className="swatch" style={{ background: line.color }} />
              <Link href={hrefWith('/spend', params, { f: filtersWith(line.group.name), by: nextGroup })} title={`Only ${showName(line.group.name)}, by ${groupLabel(nextGroup)}`}>{showName(line.group.name)}</Link>
            </span>
          ),
        },
        {
          id: 'cost', header: 'Cost', accessorFn: (line) => line.group.total, meta: { isNumber: true, width: '9.5rem' },
          cell: ({ row: { original: line } }) => <Link className="amount" href={rowsHref(line.group.name)} title="The rows behind this number">{money(line.group.total, answer.currency)}</Link>,
        },
        {
          id: 'share', header: 'Share', accessorFn: (line) => line.group.total, meta: { isNumber: true, width: '10rem', isExtra: true },
          cell: ({ row: { original: line } }) => (
            <span className="share">
              <span className="bar"><i style={{ width: `${Math.max(0, Math.min(100, (line.group.total / (total || 1)) * 100))}%`, background: line.color }} /></span>
              <span className="percent">{percent(line.group.total / (total || 1))}</span>
            </span>
          ),
        },
        ...(answer.before ? [
          { id: 'before', header: 'Before', accessorFn: (line: Line) => line.before ?? 0, meta: { isNumber: true, width: '9.5rem', isExtra: true }, cell: ({ row: { original: line } }: { row: { original: Line } }) => money(line.before, answer.currency) },
          { id: 'change', header: 'Change', accessorFn: (line: Line) => line.group.total - (line.before ?? 0), meta: { isNumber: true, width: '7rem' }, cell: ({ row: { original: line } }: { row: { original: Line } }) => <Change now={line.group.total} before={line.before} /> },
        ] : []),
      ]}
      foot={
        <tfoot>
          <tr>
            <th scope="row">Total</th>
            <td className="num">{money(total, answer.currency)}</td>
            <td className="num extra" />
            {answer.before && <td className="num extra">{money(answer.before.total, answer.currency)}</td>}
            {answer.before && <td className="num"><Change now={total} before={answer.before.total} /></td>}
          </tr>
        </tfoot>
      }
    />
  );
}

function SpendView({ state, answer, coverage }: { state: SpendState; answer: SpendAnswer; coverage: Coverage | null }) {
  const { params } = useParams();
  const theme = useTheme();
  const top = useMemo(() => topGroups(answer.now.groups, TOP), [answer.now]);
  const colors = top.map((group, i) => (group.name === OTHER ? restColor(theme) : seriesColor(theme, i)));
  const colorOf = new Map(top.map((group, i) => [group.name, colors[i]!]));
  const pick = (step: string) => {
    const to = state.granularity === 'day' ? addDays(step, 1) : addMonths(step, 1);
    go(hrefWith('/spend/rows', params, { from: step, to, period: null, page: null }));
  };
  return (
    <>
      <Tiles state={state} answer={answer} coverage={coverage} />
      <section className="card chart-card" aria-label="Cost over time">
        <SpendChart
          spend={answer.now} groups={top} colors={colors} names={top.map((group) => showName(group.name))} currency={answer.currency}
          granularity={state.granularity} before={answer.before?.totals ?? null} onPick={pick}
        />
      </section>
      <section className="card">
        <GroupTable state={state} answer={answer} colorOf={colorOf} />
      </section>
    </>
  );
}

export function SpendPage() {
  const { params, set } = useParams();
  const coverage = useCoverage();
  const state = spendState(params, coverage.data?.last ?? dayOf(new Date()));
  const { answer, error, isFetching, refetch } = useSpend(state, coverage.data);
  const problem = coverage.error ?? error;
  return (
    <>
      <div className="head">
        <div>
          <h1>Spend</h1>
          <p className="sub">{showPeriod(state.period)}{answer && answer.currencies.length > 1 && `, in ${answer.currency} alone`}</p>
        </div>
        {isFetching && <span className="busy" role="status">Reading…</span>}
      </div>
      <SpendControls state={state} currencies={answer?.currencies ?? []} currency={answer?.currency ?? ''} />
      <FilterBar filters={state.filters} />
      {problem ? <Failed error={problem} retry={() => void (coverage.error ? coverage.refetch() : refetch())} />
        : coverage.data === null ? <Empty title="Nothing is booked yet" text={<>Book a bill with <code>outlay ingest PATH</code>; it shows here at once.</>} action={<Link className="button" href="/sources">To Sources</Link>} />
        : !answer ? <><div className="bone-tiles" /><div className="card bone-chart" /><Loading /></>
        : answer.now.groups.length === 0 ? <Empty title="No cost here" text={`Nothing was charged in ${showPeriod(state.period)}${state.filters.length ? ' with these filters' : ''}.`} action={<button type="button" onClick={() => set({ f: null, from: null, to: null, period: '12m' })}>Show the last 12 months</button>} />
        : <SpendView state={state} answer={answer} coverage={coverage.data ?? null} />}
    </>
  );
}
