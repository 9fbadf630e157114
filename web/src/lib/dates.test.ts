import { expect, test } from 'vitest';
import { addMonths, isDay, presetPeriod, previousPeriod, showPeriod, steps } from './dates';

test('the month to date begins on the first and holds today', () => {
  expect(presetPeriod('month', '2026-03-15')).toEqual({ from: '2026-03-01', to: '2026-03-16' });
});

test('last month is a whole month, over the turn of the year too', () => {
  expect(presetPeriod('last-month', '2026-01-31')).toEqual({ from: '2025-12-01', to: '2026-01-01' });
});

test('whole months are compared with as many whole months, however long', () => {
  expect(previousPeriod({ from: '2026-03-01', to: '2026-04-01' })).toEqual({ from: '2026-02-01', to: '2026-03-01' });
  expect(previousPeriod({ from: '2025-11-01', to: '2026-02-01' })).toEqual({ from: '2025-08-01', to: '2025-11-01' });
});

test('a month to date is compared with the same days of the month before', () => {
  expect(previousPeriod({ from: '2026-09-01', to: '2026-11-24' })).toEqual({ from: '2026-06-01', to: '2026-08-24' });
  expect(previousPeriod({ from: '2026-03-01', to: '2026-03-31' })).toEqual({ from: '2026-02-01', to: '2026-03-01' });
});

test('other periods are compared with as many days', () => {
  expect(previousPeriod({ from: '2026-03-10', to: '2026-03-20' })).toEqual({ from: '2026-02-28', to: '2026-03-10' });
});

test('steps name every day or month once', () => {
  expect(steps({ from: '2024-02-28', to: '2024-03-02' }, 'day')).toEqual(['2024-02-28', '2024-02-29', '2024-03-01']);
  expect(steps({ from: '2025-12-10', to: '2026-02-01' }, 'month')).toEqual(['2025-12-01', '2026-01-01']);
});

test('days that do not exist are none', () => {
  expect(isDay('2026-02-30')).toBe(false);
  expect(isDay('2026-02-28')).toBe(true);
  expect(isDay(null)).toBe(false);
});

test('months are added by the calendar', () => {
  expect(addMonths('2026-01-31', -2)).toBe('2025-11-01');
});

test('a period is shown with its last day', () => {
  expect(showPeriod({ from: '2026-01-01', to: '2026-02-01' })).toBe('1 Jan – 31 Jan 2026');
  expect(showPeriod({ from: '2025-12-31', to: '2026-01-02' })).toBe('31 Dec 2025 – 1 Jan 2026');
});
