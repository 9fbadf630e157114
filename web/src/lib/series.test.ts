import { expect, test } from 'vitest';
import type { Table } from './api';
import { currenciesOf, NONE, OTHER, readFilter, shapeSpend, topGroups, whereOf, writeFilter } from './series';

const table: Table = {
  columns: [
    { name: 'ChargePeriodStart', type: 'date' },
    { name: 'ServiceName', type: 'text' },
    { name: 'BillingCurrency', type: 'text' },
    { name: 'EffectiveCost', type: 'decimal' },
  ],
  rows: [
    { ChargePeriodStart: '2026-01-01', ServiceName: 'EC2', BillingCurrency: 'USD', EffectiveCost: '2.5' },
    { ChargePeriodStart: '2026-01-02T00:00:00Z', ServiceName: 'EC2', BillingCurrency: 'USD', EffectiveCost: 1 },
    { ChargePeriodStart: '2026-01-01', ServiceName: null, BillingCurrency: 'USD', EffectiveCost: '0.5' },
    { ChargePeriodStart: '2026-01-01', ServiceName: 'EC2', BillingCurrency: 'EUR', EffectiveCost: '100' },
  ],
};

test('only rows of the shown currency are added up', () => {
  const spend = shapeSpend(table, ['2026-01-01', '2026-01-02'], 'ServiceName', 'EffectiveCost', 'USD');
  expect(spend.total).toBe(4);
  expect(spend.totals).toEqual([3, 1]);
  expect(spend.groups.map((group) => [group.name, group.total])).toEqual([['EC2', 3.5], [NONE, 0.5]]);
});

test('currencies come with the largest first', () => {
  expect(currenciesOf(table, 'EffectiveCost')).toEqual(['EUR', 'USD']);
});

test('what is beyond the top is one group, and nothing is lost', () => {
  const groups = [5, 4, 3, 2].map((total, i) => ({ name: `g${i}`, total, values: [total] }));
  const top = topGroups(groups, 2);
  expect(top.map((group) => [group.name, group.total])).toEqual([['g0', 5], ['g1', 4], [OTHER, 5]]);
});

test('one group beyond the top is shown by its name', () => {
  const groups = [5, 4, 3].map((total, i) => ({ name: `g${i}`, total, values: [total] }));
  expect(topGroups(groups, 2)).toHaveLength(3);
});

test('a filter survives the address', () => {
  for (const filter of [
    { column: 'ServiceName', not: false, value: 'a=b' },
    { column: 'tag:team', not: true, value: NONE },
  ]) expect(readFilter(writeFilter(filter))).toEqual(filter);
  expect(readFilter('nonsense')).toBeNull();
});

test('values of one column are alternatives, columns go together, quotes are doubled', () => {
  expect(
    whereOf([
      { column: 'ServiceName', not: false, value: "O'Hara" },
      { column: 'ServiceName', not: false, value: NONE },
      { column: 'tag:team', not: true, value: 'web' },
    ]),
  ).toBe(
    `CASE WHEN json_valid(Tags) THEN json_extract_string(Tags, '$."team"') END IS DISTINCT FROM 'web' AND ("ServiceName" = 'O''Hara' OR "ServiceName" IS NULL)`,
  );
});
