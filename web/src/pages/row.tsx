import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get, type Cell, type Row, type TraceLine } from '../lib/api';
import { count, exactAmount, time } from '../lib/format';
import { useParams } from '../lib/router';
import { CopyButton } from '../parts/controls';
import { Icon } from '../parts/icons';
import { Empty, Failed, Loading } from '../parts/states';
import { Tree } from '../parts/tree';

const COSTS = ['BilledCost', 'EffectiveCost', 'ContractedCost', 'ListCost'];

const SECTIONS: [title: string, pattern: RegExp][] = [
  ['When', /Period|Date|Created|Updated/],
  ['Who pays', /Account|Invoice|Billing|Publisher|Provider/],
  ['What', /Service|Resource|Region|Availability|Charge|Tags|Sku/],
  ['How much', /Quantity|Unit|Price|Cost|Pricing|Currency|Consumed/],
  ['Commitment', /Commitment|Capacity|Contract|Allocated/],
];

function isEmpty(cell: Cell | undefined): boolean {
  return cell === null || cell === undefined || cell === '';
}

function CellValue({ name, cell }: { name: string; cell: Cell | undefined }) {
  if (isEmpty(cell)) return <span className="mute">null</span>;
  if (typeof cell === 'object') return <Tree value={cell} />;
  if (/Cost$|Price$|Quantity$/.test(name)) return <span className="tabular">{exactAmount(String(cell))}</span>;
  return <span className="value">{String(cell)}</span>;
}

function Charge({ charge }: { charge: Row }) {
  const [withEmpty, setEmpty] = useState(false);
  const names = Object.keys(charge).filter((name) => !/^x_(File|Row|Source|Period|Generation)$/.test(name));
  const left = new Set(names);
  const sections = SECTIONS.map(([title, pattern]) => {
    const mine = names.filter((name) => left.has(name) && !name.startsWith('x_') && pattern.test(name));
    mine.forEach((name) => left.delete(name));
    return [title, mine] as const;
  });
  const empty = names.filter((name) => isEmpty(charge[name])).length;
  return (
    <section className="card pad">
      <div className="card-head">
        <h2>The charge</h2>
        <label className="check"><input type="checkbox" checked={withEmpty} onChange={(event) => setEmpty(event.target.checked)} /><span>with the {empty} empty columns</span></label>
      </div>
      {[...sections, ['Beyond FOCUS', [...left]] as const].map(([title, mine]) => {
        const shown = mine.filter((name) => withEmpty || !isEmpty(charge[name]));
        return shown.length === 0 ? null : (
          <div key={title} className="columns">
            <h3>{title}</h3>
            <dl>
              {shown.map((name) => <div key={name}><dt>{name}</dt><dd><CellValue name={name} cell={charge[name]} /></dd></div>)}
            </dl>
          </div>
        );
      })}
    </section>
  );
}

function Origin({ line }: { line: TraceLine }) {
  return (
    <section className="card pad origin" aria-label="Where this row came from">
      <h2>Where it came from</h2>
      <ol className="trail">
        <li><span className="key">File</span><span className="value" data-trace="file">{line.file}</span></li>
        <li><span className="key">Row</span><span className="value tabular" data-trace="row">{count(line.row)}</span></li>
        <li><span className="key">SHA-256</span><code className="value hash" data-trace="sha256">{line.sha256}</code><CopyButton text={line.sha256} label="Copy the SHA-256" /></li>
        <li><span className="key">Mapping</span><span className="value">{line.mapping}</span></li>
        <li><span className="key">Delivery</span><code className="value">{line.deliveryId}</code></li>
        <li><span className="key">Booked</span><span className="value">{time(line.bookedAt)} as generation {line.generation} of {line.source}, {line.period}</span></li>
      </ol>
    </section>
  );
}

export function RowPage() {
  const { params } = useParams();
  const sqlText = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const number = (name: string) => String(Number(params.get(name)));
  const where = `x_Source = ${sqlText(params.get('source') ?? '')} AND x_Period = ${sqlText(params.get('period') ?? '')} AND x_File = ${/^\d+$/.test(params.get('file') ?? '') ? number('file') : sqlText(params.get('file') ?? '')} AND x_Row = ${number('row')}`;
  const trace = useQuery({
    queryKey: ['ledger', 'trace', where],
    queryFn: ({ signal }) => get<{ lines: TraceLine[] }>('ledger/trace', { where, limit: 20 }, signal),
  });
  const lines = trace.data?.lines ?? [];
  return (
    <>
      <a className="back" href="/spend/rows" onClick={(event) => { if (window.history.length > 1) { event.preventDefault(); window.history.back(); } }}><Icon name="back" size={15} />Rows</a>
      <div className="head"><h1>Row {params.get('row')} <span className="mute">of {params.get('source')}, {params.get('period')}</span></h1></div>
      {trace.error ? <Failed error={trace.error} retry={() => void trace.refetch()} />
        : !trace.data ? <Loading rows={10} />
        : lines.length === 0 ? <Empty title="This row is no longer current" text="A restatement may have replaced the period it was booked in." />
        : <>
            {lines.length > 1 && <p className="note">The provider's row became {lines.length} charges.</p>}
            {lines.map((line, at) => (
              <div key={at} className="split">
                <div>
                  {line.charge && (
                    <dl className="tiles">
                      {COSTS.map((name) => (
                        <div key={name}><dt>{name}</dt><dd>{isEmpty(line.charge![name]) ? '–' : exactAmount(String(line.charge![name]))} <span className="mute unit">{String(line.charge!.BillingCurrency ?? '')}</span></dd></div>
                      ))}
                    </dl>
                  )}
                  {line.charge && <Charge charge={line.charge} />}
                </div>
                <Origin line={line} />
              </div>
            ))}
          </>}
    </>
  );
}
