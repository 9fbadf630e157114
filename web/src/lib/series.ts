// From the rows of a cost query to what chart and table show. Pure.
import type { Row, Table } from './api';

export const OTHER = '__other__';
export const NONE = '__none__';

/** A group of the answer; `name` is NONE where the column is null. */
export interface Group {
  name: string;
  total: number;
  values: number[];
}

export interface Spend {
  steps: string[];
  groups: Group[];
  total: number;
  totals: number[];
}

/** The column that holds the day or month. */
export function timeColumn(table: Table): string | undefined {
  return (
    table.columns.find((column) => /^(date|timestamp)$/i.test(column.type)) ??
    table.columns.find((column) => /^(ChargePeriod|ChargePeriodStart|day|month)$/i.test(column.name))
  )?.name;
}

export function groupName(row: Row, by: string | null): string {
  if (!by) return 'Total';
  const cell = row[by];
  return cell === null || cell === undefined || cell === '' ? NONE : String(cell);
}

export function amount(row: Row, metric: string): number {
  const cell = row[metric];
  return cell === null || cell === undefined ? 0 : Number(cell);
}

/** Adds rows of one currency up by step and group; groups come largest first. */
export function shapeSpend(table: Table, steps: string[], by: string | null, metric: string, currency: string): Spend {
  const time = timeColumn(table);
  const index = new Map(steps.map((step, i) => [step, i]));
  const groups = new Map<string, Group>();
  const totals = steps.map(() => 0);
  let total = 0;
  for (const row of table.rows) {
    if (row.BillingCurrency !== undefined && row.BillingCurrency !== currency) continue;
    const name = groupName(row, by);
    const value = amount(row, metric);
    let group = groups.get(name);
    if (!group) groups.set(name, (group = { name, total: 0, values: steps.map(() => 0) }));
    const at = time ? index.get(String(row[time]).slice(0, 10)) : undefined;
    group.total += value;
    total += value;
    if (at === undefined) continue;
    group.values[at]! += value;
    totals[at]! += value;
  }
  return { steps, groups: [...groups.values()].sort((a, b) => b.total - a.total), total, totals };
}

/** The `top` largest groups and one for the rest, so that a chart stays readable. */
export function topGroups(groups: Group[], top: number): Group[] {
  if (groups.length <= top + 1) return groups;
  const bySize = [...groups].sort((a, b) => Math.abs(b.total) - Math.abs(a.total));
  const kept = bySize.slice(0, top);
  const rest = bySize.slice(top);
  const other: Group = { name: OTHER, total: 0, values: rest[0]!.values.map(() => 0) };
  for (const group of rest) {
    other.total += group.total;
    group.values.forEach((value, i) => (other.values[i]! += value));
  }
  return [...kept.sort((a, b) => b.total - a.total), other];
}

/** The currencies of an answer, the one with most spend first. */
export function currenciesOf(table: Table, metric: string): string[] {
  const sums = new Map<string, number>();
  for (const row of table.rows) {
    const currency = row.BillingCurrency;
    if (typeof currency !== 'string') continue;
    sums.set(currency, (sums.get(currency) ?? 0) + Math.abs(amount(row, metric)));
  }
  return [...sums].sort((a, b) => b[1] - a[1]).map(([currency]) => currency);
}

/** One part of a condition: a column is, or is not, one value; NONE is null. */
export interface Filter {
  column: string;
  not: boolean;
  value: string;
}

/** "ServiceName:Amazon EC2", "!tag:team:web": a filter as the address holds it. */
export function writeFilter(filter: Filter): string {
  return `${filter.not ? '!' : ''}${filter.column}=${filter.value}`;
}

export function readFilter(text: string): Filter | null {
  const not = text.startsWith('!');
  const rest = not ? text.slice(1) : text;
  const at = rest.indexOf('=');
  return at < 1 ? null : { column: rest.slice(0, at), not, value: rest.slice(at + 1) };
}

const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;
const sqlName = (name: string) => `"${name.replaceAll('"', '""')}"`;

function sqlColumn(column: string): string {
  if (!column.startsWith('tag:')) return sqlName(column);
  const key = column.slice(4).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  // As the ledger reads tags: a document that is no JSON has none.
  return `CASE WHEN json_valid(Tags) THEN json_extract_string(Tags, ${sqlText(`$."${key}"`)}) END`;
}

/** The SQL condition of filters: values of one column are alternatives, columns go together. */
export function whereOf(filters: Filter[]): string {
  const is = new Map<string, Filter[]>();
  const parts: string[] = [];
  for (const filter of filters) {
    if (filter.not) {
      parts.push(
        filter.value === NONE
          ? `${sqlColumn(filter.column)} IS NOT NULL`
          : `${sqlColumn(filter.column)} IS DISTINCT FROM ${sqlText(filter.value)}`,
      );
    } else is.set(filter.column, [...(is.get(filter.column) ?? []), filter]);
  }
  for (const [column, alternatives] of is) {
    const one = alternatives.map((filter) =>
      filter.value === NONE ? `${sqlColumn(column)} IS NULL` : `${sqlColumn(column)} = ${sqlText(filter.value)}`,
    );
    parts.push(one.length > 1 ? `(${one.join(' OR ')})` : one[0]!);
  }
  return parts.join(' AND ');
}
