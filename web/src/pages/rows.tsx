import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { get, type Row, type Table } from '../lib/api';
import { dayOf, showPeriod } from '../lib/dates';
import { count, exactAmount, shortAmount } from '../lib/format';
import { hrefWith, useParams } from '../lib/router';
import { whereOf } from '../lib/series';
import { spendState } from '../lib/spend_state';
import { DataTable } from '../parts/data_table';
import { Icon } from '../parts/icons';
import { Link } from '../parts/link';
import { FilterBar, PeriodPicker } from '../parts/spend_controls';
import { Empty, Failed, Loading } from '../parts/states';

const SIZE = 50;

function text(row: Row, name: string): string {
  const cell = row[name];
  return cell === null || cell === undefined ? '–' : String(cell);
}

function Cost({ row, name }: { row: Row; name: string }) {
  const cell = row[name];
  return cell === null || cell === undefined ? <>–</> : <span title={exactAmount(String(cell))}>{shortAmount(String(cell))}</span>;
}

export function rowHref(row: Row): string {
  const where = hrefWith('/spend/row', new URLSearchParams(), {
    source: text(row, 'x_Source'), period: text(row, 'x_Period'), file: text(row, 'x_File'), row: text(row, 'x_Row'),
  });
  return where;
}

const COLUMNS: ColumnDef<Row, unknown>[] = [
  { id: 'day', header: 'Day', accessorFn: (row) => text(row, 'ChargePeriodStart').slice(0, 10), meta: { width: '6.5rem' }, cell: (cell) => <span className="day">{String(cell.getValue())}</span> },
  { id: 'service', header: 'Service', accessorFn: (row) => text(row, 'ServiceName'), cell: ({ row: { original: row } }) => <><div>{text(row, 'ServiceName')}</div><div className="mute clip brief" title={text(row, 'ChargeDescription')}>{text(row, 'ChargeDescription')}</div></> },
  { id: 'resource', header: 'Resource', accessorFn: (row) => text(row, 'ResourceName') === '–' ? text(row, 'ResourceId') : text(row, 'ResourceName'), meta: { isExtra: true }, cell: (cell) => <div className="clip narrow" title={String(cell.getValue())}>{String(cell.getValue())}</div> },
  { id: 'account', header: 'Account', accessorFn: (row) => text(row, 'SubAccountName') === '–' ? text(row, 'SubAccountId') : text(row, 'SubAccountName'), meta: { isExtra: true } },
  { id: 'category', header: 'Category', accessorFn: (row) => text(row, 'ChargeCategory'), meta: { isExtra: true, width: '6.5rem' } },
  { id: 'billed', header: 'BilledCost', accessorFn: (row) => Number(row.BilledCost), meta: { isNumber: true, width: '7.2rem' }, cell: ({ row: { original: row } }) => <Cost row={row} name="BilledCost" /> },
  { id: 'effective', header: 'EffectiveCost', accessorFn: (row) => Number(row.EffectiveCost), meta: { isNumber: true, width: '7.2rem' }, cell: ({ row: { original: row } }) => <Link className="amount" href={rowHref(row)} title="All columns, and where this row came from"><Cost row={row} name="EffectiveCost" /></Link> },
  { id: 'currency', header: '', accessorFn: (row) => text(row, 'BillingCurrency'), enableSorting: false, meta: { width: '3.5rem' }, cell: (cell) => <span className="mute">{String(cell.getValue())}</span> },
];

export function RowsPage() {
  const { params, set } = useParams();
  const state = spendState(params, dayOf(new Date()));
  const page = Math.max(1, Number(params.get('page')) || 1);
  // Amounts of two currencies in one list are fine; the Spend page's own currency narrows it down all the same.
  const filters = state.currency ? [...state.filters, { column: 'BillingCurrency', not: false, value: state.currency }] : state.filters;
  const query = { where: whereOf(filters), ...state.period, limit: SIZE, offset: (page - 1) * SIZE };
  const rows = useQuery({
    queryKey: ['ledger', 'rows', query],
    queryFn: ({ signal }) => get<Table>('ledger/rows', query, signal),
    placeholderData: keepPreviousData,
  });
  const shown = rows.data?.rows ?? [];
  return (
    <>
      <Link className="back" href={hrefWith('/spend', params, { page: null })}><Icon name="back" size={15} />Spend</Link>
      <div className="head">
        <div>
          <h1>Rows</h1>
          <p className="sub">Charges of {showPeriod(state.period)}, the largest first, as they are booked</p>
        </div>
        {rows.isFetching && <span className="busy" role="status">Reading…</span>}
      </div>
      <div className="controls"><PeriodPicker state={state} /></div>
      <FilterBar filters={state.filters} />
      <section className="card">
        {rows.error ? <Failed error={rows.error} retry={() => void rows.refetch()} />
          : !rows.data ? <Loading rows={10} />
          : shown.length === 0 ? <Empty title="No rows" text="No charge fits this period and these filters." />
          : <DataTable label="Charges" rows={shown} columns={COLUMNS} rowKey={(row) => `${row.x_Source} ${row.x_Period} ${row.x_File} ${row.x_Row} ${row.ChargeCategory} ${row.EffectiveCost} ${row.BilledCost}`} rowHref={rowHref} />}
      </section>
      {(page > 1 || shown.length === SIZE) && (
        <div className="pager">
          <span>Rows {count((page - 1) * SIZE + 1)}–{count((page - 1) * SIZE + shown.length)}</span>
          <button type="button" disabled={page <= 1} onClick={() => set({ page: String(page - 1) })}>Previous</button>
          <button type="button" disabled={shown.length < SIZE} onClick={() => set({ page: String(page + 1) })}>Next</button>
        </div>
      )}
    </>
  );
}
