// Periods of days in UTC, as bills count them. `to` is the first day after.

export interface Period {
  from: string;
  to: string;
}

const DAY = 86_400_000;

export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function utc(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

export function isDay(text: string | null): text is string {
  return !!text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(utc(text).getTime()) && dayOf(utc(text)) === text;
}

export function addDays(day: string, days: number): string {
  return dayOf(new Date(utc(day).getTime() + days * DAY));
}

export function monthStart(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

/** The first day of the month `months` later. */
export function addMonths(day: string, months: number): string {
  const date = utc(monthStart(day));
  return dayOf(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1)));
}

export function daysBetween(from: string, to: string): number {
  return Math.round((utc(to).getTime() - utc(from).getTime()) / DAY);
}

export const PRESETS = [
  { id: 'month', label: 'Month to date' },
  { id: 'last-month', label: 'Last month' },
  { id: '30d', label: 'Last 30 days' },
  { id: '3m', label: 'Last 3 months' },
  { id: '6m', label: 'Last 6 months' },
  { id: '12m', label: 'Last 12 months' },
  { id: 'year', label: 'Year to date' },
] as const;
export type Preset = (typeof PRESETS)[number]['id'];

/** The days of a preset, as seen on `today`; today itself is part of it. */
export function presetPeriod(preset: Preset, today: string): Period {
  const tomorrow = addDays(today, 1);
  switch (preset) {
    case 'month':
      return { from: monthStart(today), to: tomorrow };
    case 'last-month':
      return { from: addMonths(today, -1), to: monthStart(today) };
    case '30d':
      return { from: addDays(today, -29), to: tomorrow };
    case '3m':
      return { from: addMonths(today, -2), to: tomorrow };
    case '6m':
      return { from: addMonths(today, -5), to: tomorrow };
    case '12m':
      return { from: addMonths(today, -11), to: tomorrow };
    case 'year':
      return { from: `${today.slice(0, 4)}-01-01`, to: tomorrow };
  }
}

/**
 * What to compare a period with. One that begins on the first of a month is compared with the same days of as many
 * months before ("1 Sep – 23 Nov" with "1 Jun – 23 Aug"), any other with as many days before.
 */
export function previousPeriod(period: Period): Period {
  if (!period.from.endsWith('-01')) {
    return { from: addDays(period.from, -daysBetween(period.from, period.to)), to: period.from };
  }
  const months = steps(period, 'month').length;
  const last = addDays(period.to, -1);
  const sameDay = addDays(addMonths(last, -months), Number(last.slice(8, 10)) - 1);
  const monthEnd = addDays(addMonths(last, 1 - months), -1);
  // The last day of a month answers to the last day of another, however long they are.
  const isMonthEnd = period.to.endsWith('-01');
  const end = isMonthEnd || sameDay > monthEnd ? monthEnd : sameDay;
  return { from: addMonths(period.from, -months), to: addDays(end, 1) };
}

/** Every day, or the first of every month, that a period touches. */
export function steps(period: Period, granularity: 'day' | 'month'): string[] {
  const out: string[] = [];
  let at = granularity === 'day' ? period.from : monthStart(period.from);
  while (at < period.to && out.length < 5000) {
    out.push(at);
    at = granularity === 'day' ? addDays(at, 1) : addMonths(at, 1);
  }
  return out;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function showDay(day: string): string {
  return `${Number(day.slice(8, 10))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}`;
}

export function showMonth(day: string): string {
  return `${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}`;
}

/** "1 Jan – 31 Jan 2026", with the last day that is in. */
export function showPeriod(period: Period): string {
  const last = addDays(period.to, -1);
  const first = showDay(period.from);
  const short = period.from.slice(0, 4) === last.slice(0, 4) ? first.slice(0, -5) : first;
  return period.from === last ? first : `${short} – ${showDay(last)}`;
}
