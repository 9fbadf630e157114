// What the Spend pages show, as the address says it.
import { isDay, presetPeriod, PRESETS, type Period, type Preset } from './dates';
import { readFilter, type Filter } from './series';

export const METRICS = ['EffectiveCost', 'BilledCost', 'ListCost', 'ContractedCost'] as const;
export const METRIC_HINTS: Record<string, string> = {
  EffectiveCost: 'commitments spread over use',
  BilledCost: 'as invoiced',
  ListCost: 'at public prices',
  ContractedCost: 'at negotiated prices',
};

export const GROUPS = [
  { id: 'ServiceName', label: 'Service' },
  { id: 'ServiceProviderName', label: 'Provider' },
  { id: 'ServiceCategory', label: 'Service category' },
  { id: 'SubAccountName', label: 'Account' },
  { id: 'RegionId', label: 'Region' },
  { id: 'ChargeCategory', label: 'Charge category' },
  { id: 'x_Source', label: 'Source' },
] as const;

export function groupLabel(by: string): string {
  if (by.startsWith('tag:')) return `Tag ${by.slice(4)}`;
  return GROUPS.find((group) => group.id === by)?.label ?? by;
}

export interface SpendState {
  preset: Preset | null;
  period: Period;
  metric: string;
  by: string;
  granularity: 'day' | 'month';
  compare: boolean;
  currency: string | null;
  filters: Filter[];
}

export function spendState(params: URLSearchParams, today: string): SpendState {
  const from = params.get('from');
  const to = params.get('to');
  const isCustom = isDay(from) && isDay(to) && from < to;
  const asked = params.get('period') as Preset | null;
  const preset = isCustom ? null : (PRESETS.find((one) => one.id === asked)?.id ?? '3m');
  const period = isCustom ? { from, to } : presetPeriod(preset!, today);
  const metric = params.get('metric') ?? '';
  const days = (new Date(period.to).getTime() - new Date(period.from).getTime()) / 86_400_000;
  const step = params.get('step');
  return {
    preset,
    period,
    metric: (METRICS as readonly string[]).includes(metric) ? metric : 'EffectiveCost',
    by: params.get('by') ?? 'ServiceName',
    granularity: step === 'day' || step === 'month' ? step : days > 190 ? 'month' : 'day',
    compare: params.get('compare') !== 'off',
    currency: params.get('currency'),
    filters: params.getAll('f').map(readFilter).filter((filter) => filter !== null),
  };
}
