// The questions that the Spend page asks, and their answers in the shape it shows.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get, type Table } from './api';
import { addDays, addMonths, dayOf, previousPeriod, steps } from './dates';
import { currenciesOf, shapeSpend, timeColumn, whereOf, type Spend } from './series';
import type { SpendState } from './spend_state';

/** From when to when charges are booked: "to date" ends where the bills end, and nothing is compared with the time before. */
export interface Coverage {
  /** The first of the first month that has charges. */
  first: string;
  /** The last day of the last month that has charges, or today. */
  last: string;
}

/** Null when nothing is booked. */
export function useCoverage() {
  return useQuery({
    queryKey: ['ledger', 'coverage'],
    queryFn: async ({ signal }): Promise<Coverage | null> => {
      const table = await get<Table>('ledger/query', { metric: 'BilledCost', by: 'BillingCurrency', granularity: 'month' }, signal);
      const time = timeColumn(table);
      const months = table.rows.map((row) => String(time ? row[time] : '').slice(0, 10)).filter(Boolean).sort();
      if (!months.length) return null;
      const today = dayOf(new Date());
      const end = addDays(addMonths(months.at(-1)!, 1), -1);
      return { first: months[0]!, last: end < today ? end : today };
    },
    staleTime: 60_000,
  });
}

export interface SpendAnswer {
  now: Spend;
  before: Spend | null;
  currency: string;
  currencies: string[];
}

export function useSpend(state: SpendState, coverage: Coverage | null | undefined) {
  const where = whereOf(state.filters);
  // Currencies are never added up, so every question keeps them apart.
  const shared = { metric: state.metric, by: [state.by, 'BillingCurrency'], granularity: state.granularity, where };
  const before = previousPeriod(state.period);
  // Time before the first bill is unknown, not free of cost.
  const isComparable = state.compare && !!coverage && before.from >= coverage.first;
  const ask = (period: { from: string; to: string }, isOn: boolean) => ({
    queryKey: ['ledger', 'query', shared, period],
    queryFn: ({ signal }: { signal: AbortSignal }) => get<Table>('ledger/query', { ...shared, ...period }, signal),
    enabled: coverage !== undefined && isOn,
    placeholderData: keepPreviousData,
  });
  const now = useQuery(ask(state.period, true));
  const then = useQuery(ask(before, isComparable));

  const answer = useMemo<SpendAnswer | null>(() => {
    if (!now.data) return null;
    const currencies = currenciesOf(now.data, state.metric);
    const currency = currencies.find((one) => one === state.currency) ?? currencies[0] ?? 'USD';
    const shape = (table: Table, period: { from: string; to: string }) =>
      shapeSpend(table, steps(period, state.granularity), state.by, state.metric, currency);
    return {
      now: shape(now.data, state.period),
      before: isComparable && then.data ? shape(then.data, before) : null,
      currency,
      currencies,
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [now.data, then.data, isComparable, state.currency]);

  return { answer, error: now.error, isFetching: now.isFetching, refetch: now.refetch };
}
