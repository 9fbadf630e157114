import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { get, type Cell, type Row } from '../lib/api';
import { steps } from '../lib/dates';
import { bytes, count, exactAmount, fromNow, shortAmount, time } from '../lib/format';
import { useParams } from '../lib/router';
import { Field } from '../parts/controls';
import { DataTable } from '../parts/data_table';
import { Icon } from '../parts/icons';
import { Link } from '../parts/link';
import { Empty, Failed, Loading } from '../parts/states';
import { Tree } from '../parts/tree';

interface Generation {
  source: string; period: string; dataset: string; generation: number; rows: number; bytes: number; label: string;
  mapping: string; bookedAt: string; supersededAt: string | null; isCurrent: boolean; deliveryId: string;
}
type Receipt = Record<string, unknown> & { source: string };

/** One line of the sources answer, in the ledger's spelling. */
interface Source {
  Source: string; Periods: number; FirstPeriod: string; LastPeriod: string; NewestCharge: string | null; LastBooking: string;
  Charges: number; Bytes: number; BilledCost: string | null; Quarantined: number; Findings: number; Mapping: string; Label: string;
}

/** "1234.5 USD, 2 EUR" with separators; the exact digits stay in the title. */
function Billed({ text }: { text: string | null }) {
  if (!text) return <span className="mute">–</span>;
  return <span title={text}>{text.split(', ').map((part) => { const [amount, currency] = part.split(' '); return <div key={part}>{shortAmount(amount ?? '')} <span className="mute">{currency}</span></div>; })}</span>;
}

function Warnings({ source }: { source: Source }) {
  const said = [source.Quarantined ? `${count(source.Quarantined)} rows in quarantine` : '', source.Findings ? `${source.Findings} finding${source.Findings > 1 ? 's' : ''}` : ''].filter(Boolean);
  if (said.length === 0) return <span className="badge good"><i aria-hidden="true" />clean</span>;
  return <span className={`badge ${source.Quarantined ? 'bad' : 'warn'}`}><i aria-hidden="true" />{said.join(', ')}</span>;
}

const SOURCES: ColumnDef<Source, unknown>[] = [
  { id: 'source', header: 'Source', accessorKey: 'Source', cell: ({ row: { original: one } }) => <><Link href={sourceHref(one.Source)}><b>{one.Source}</b></Link><div className="mute clip narrow" title={one.Label}>{one.Mapping}</div></> },
  { id: 'periods', header: 'Periods', accessorKey: 'LastPeriod', cell: ({ row: { original: one } }) => <span className="day">{one.FirstPeriod === one.LastPeriod ? one.LastPeriod : `${one.FirstPeriod} – ${one.LastPeriod}`}<div className="mute">{count(one.Periods)} booked</div></span> },
  { id: 'newest', header: 'Newest charge', accessorFn: (one) => one.NewestCharge ?? '', cell: ({ row: { original: one } }) => <span className="day" title={time(one.NewestCharge)}>{one.NewestCharge?.slice(0, 10) ?? '–'}</span> },
  { id: 'booked', header: 'Booked', accessorKey: 'LastBooking', cell: ({ row: { original: one } }) => <span title={time(one.LastBooking)}>{fromNow(one.LastBooking)}</span> },
  { id: 'charges', header: 'Charges', accessorFn: (one) => Number(one.Charges), meta: { isNumber: true, isExtra: true }, cell: ({ row: { original: one } }) => <>{count(Number(one.Charges))}<div className="mute">{bytes(Number(one.Bytes))}</div></> },
  { id: 'billed', header: 'BilledCost', accessorFn: (one) => parseFloat(one.BilledCost ?? '0'), meta: { isNumber: true }, cell: ({ row: { original: one } }) => <Billed text={one.BilledCost} /> },
  { id: 'said', header: 'Last receipt', accessorFn: (one) => one.Quarantined * 1e6 + one.Findings, meta: { isExtra: true }, cell: ({ row: { original: one } }) => <Warnings source={one} /> },
];

function sourceHref(source: string): string {
  return `/sources?source=${encodeURIComponent(source)}`;
}

const cost = (cell: Cell | undefined) => (cell === null || cell === undefined ? <span className="mute">–</span> : <span title={exactAmount(String(cell))}>{shortAmount(String(cell))}</span>);

const INVOICES: ColumnDef<Row, unknown>[] = [
  { id: 'issuer', header: 'Issuer', accessorFn: (row) => String(row.InvoiceIssuerName ?? '–') },
  { id: 'invoice', header: 'Invoice', accessorFn: (row) => String(row.InvoiceId ?? ''), cell: ({ row: { original: row } }) => (row.InvoiceId ? <code>{String(row.InvoiceId)}</code> : <span className="mute">without an invoice</span>) },
  { id: 'booked', header: 'BilledCost', accessorFn: (row) => Number(row.BilledCost), meta: { isNumber: true }, cell: ({ row: { original: row } }) => cost(row.BilledCost) },
  { id: 'detail', header: 'Invoice says', accessorFn: (row) => Number(row.ExpectedCost ?? row.InvoiceDetailCost), meta: { isNumber: true, isExtra: true }, cell: ({ row: { original: row } }) => cost(row.ExpectedCost ?? row.InvoiceDetailCost) },
  { id: 'difference', header: 'Difference', accessorFn: (row) => Number(row.Difference), meta: { isNumber: true }, cell: ({ row: { original: row } }) => cost(row.Difference) },
  { id: 'currency', header: '', accessorFn: (row) => String(row.BillingCurrency ?? ''), enableSorting: false, meta: { width: '3.5rem' }, cell: (cell) => <span className="mute">{String(cell.getValue())}</span> },
  { id: 'status', header: 'Tie-out', accessorFn: (row) => String(row.Status), cell: ({ row: { original: row } }) => {
    const status = String(row.Status);
    return <span className={`badge ${status === 'matches' ? 'good' : /nothing/.test(status) ? 'mute' : 'bad'}`}><i aria-hidden="true" />{status}</span>;
  } },
];

/** Whether the invoices come out, a billing period at a time. */
function TieOut({ periods }: { periods: string[] }) {
  const { params, set } = useParams();
  const period = params.get('period') ?? periods[0] ?? '';
  const invoices = useQuery({ queryKey: ['ledger', 'reconcile', period], queryFn: ({ signal }) => get<{ rows: Row[] }>('ledger/reconcile', { period }, signal), enabled: !!period });
  return (
    <>
      <div className="head second">
        <h2>Invoices</h2>
        <Field label="Billing period"><select value={period} onChange={(event) => set({ period: event.target.value })}>{periods.map((one) => <option key={one}>{one}</option>)}</select></Field>
      </div>
      <section className="card">
        {invoices.error ? <Failed error={invoices.error} /> : !invoices.data ? <Loading rows={3} /> : invoices.data.rows.length === 0 ? <p className="pad mute">No charges in this period.</p>
          : <DataTable label="Invoices" rows={invoices.data.rows} columns={INVOICES} rowKey={(row) => `${row.InvoiceIssuerName} ${row.InvoiceId} ${row.BillingCurrency}`} />}
      </section>
    </>
  );
}

/** Every month between two, the newest first. */
function monthsBetween(sources: Source[]): string[] {
  const first = sources.map((one) => one.FirstPeriod).sort()[0];
  const last = sources.map((one) => one.LastPeriod).sort().at(-1);
  if (!first || !last) return [];
  return steps({ from: `${first}-01`, to: `${last}-02` }, 'month').map((day) => day.slice(0, 7)).reverse();
}

const PERIODS: ColumnDef<Generation, unknown>[] = [
  { id: 'period', header: 'Period', accessorKey: 'period', cell: ({ row: { original: one } }) => <b className="tabular">{one.period}</b> },
  { id: 'dataset', header: 'Dataset', accessorKey: 'dataset', meta: { isExtra: true } },
  { id: 'generation', header: 'Generation', accessorKey: 'generation', meta: { isNumber: true, width: '7rem' } },
  { id: 'state', header: 'State', accessorFn: (one) => (one.isCurrent ? 'current' : 'superseded'), cell: ({ row: { original: one } }) => <span className={`badge ${one.isCurrent ? 'good' : 'mute'}`}><i aria-hidden="true" />{one.isCurrent ? 'current' : 'superseded'}</span> },
  { id: 'rows', header: 'Rows', accessorKey: 'rows', meta: { isNumber: true }, cell: ({ row: { original: one } }) => count(one.rows) },
  { id: 'bytes', header: 'Size', accessorKey: 'bytes', meta: { isNumber: true, isExtra: true }, cell: ({ row: { original: one } }) => bytes(one.bytes) },
  { id: 'mapping', header: 'Mapping', accessorKey: 'mapping', meta: { isExtra: true } },
  { id: 'booked', header: 'Booked', accessorKey: 'bookedAt', cell: ({ row: { original: one } }) => <span title={time(one.bookedAt)}>{fromNow(one.bookedAt)}</span> },
];

function ReceiptCard({ receipt }: { receipt: Receipt }) {
  const findings = (receipt.findings ?? []) as { rule?: string; message?: string; rows?: number }[];
  const quarantined = (receipt.quarantined ?? []) as { reason?: string; rows?: number; first_file?: string; first_row?: number }[];
  const rest = Object.fromEntries(Object.entries(receipt).filter(([name, value]) => !['findings', 'quarantined', 'source', 'changes'].includes(name) && !(Array.isArray(value) && value.length === 0) && value !== '' && value !== null));
  return (
    <section className="card pad">
      <h2>Last receipt</h2>
      {quarantined.length > 0 && (
        <>
          <h3>In quarantine</h3>
          <ul className="findings">{quarantined.map((one, at) => <li key={at}><Icon name="alert" size={15} /><span>{one.reason}: {count(one.rows ?? 0)} rows{one.first_file && `, first in ${one.first_file}`}{one.first_row ? `, row ${count(one.first_row)}` : ''}</span></li>)}</ul>
        </>
      )}
      <h3>Findings</h3>
      {findings.length === 0 ? <p className="mute">Nothing to say about the file.</p> : (
        <ul className="findings">
          {findings.map((one, at) => <li key={at}><Icon name="alert" size={15} /><span>{one.message ?? one.rule} <code className="mute">{one.rule}</code>{one.rows ? <span className="mute">, {count(one.rows)} rows</span> : null}</span></li>)}
        </ul>
      )}
      <details>
        <summary>Everything on the receipt</summary>
        <Tree value={rest} depth={1} />
      </details>
    </section>
  );
}

function SourceDetail({ source }: { source: string }) {
  const generations = useQuery({ queryKey: ['ledger', 'generations', source], queryFn: ({ signal }) => get<{ generations: Generation[] }>('ledger/generations', { source }, signal) });
  const receipts = useQuery({ queryKey: ['ledger', 'receipts', source], queryFn: ({ signal }) => get<{ receipts: Receipt[] }>('ledger/receipts', { source, limit: 1 }, signal) });
  const receipt = receipts.data?.receipts[0];
  return (
    <>
      <Link className="back" href="/sources"><Icon name="back" size={15} />Sources</Link>
      <div className="head"><h1>{source}</h1><Link className="button" href={`/spend?f=${encodeURIComponent(`x_Source=${source}`)}`}>Its spend</Link></div>
      <section className="card">
        {generations.error ? <Failed error={generations.error} /> : !generations.data ? <Loading /> : (
          <DataTable label="Booked periods" rows={generations.data.generations} columns={PERIODS} rowKey={(one) => `${one.dataset} ${one.period} ${one.generation}`} sorting={[{ id: 'period', desc: true }, { id: 'generation', desc: true }]} />
        )}
      </section>
      {receipts.error ? <Failed error={receipts.error} /> : receipt ? <ReceiptCard receipt={receipt} /> : receipts.data ? null : <Loading rows={3} />}
    </>
  );
}

export function SourcesPage() {
  const { params } = useParams();
  const source = params.get('source');
  const sources = useQuery({ queryKey: ['ledger', 'sources'], queryFn: ({ signal }) => get<{ sources: Source[] }>('ledger/sources', {}, signal), enabled: !source });
  if (source) return <SourceDetail source={source} />;
  return (
    <>
      <div className="head"><div><h1>Sources</h1><p className="sub">What was booked, how fresh it is, and whether it ties out</p></div></div>
      {sources.error ? <Failed error={sources.error} retry={() => void sources.refetch()} />
        : !sources.data ? <Loading />
        : sources.data.sources.length === 0 ? <Empty title="Nothing is booked yet" text={<>Book a bill: <code>outlay ingest bills/aws --source aws</code></>} />
        : (
          <>
            <section className="card">
              <DataTable label="Sources" rows={sources.data.sources} columns={SOURCES} rowKey={(one) => one.Source} rowHref={(one) => sourceHref(one.Source)} />
            </section>
            <TieOut periods={monthsBetween(sources.data.sources)} />
          </>
        )}
    </>
  );
}
