// Numbers, money and times as people read them. Everything is for display: sums are made by the ledger.

const LOCALE = 'en-US';
const moneyFormats = new Map<string, Intl.NumberFormat>();

function moneyFormat(currency: string, digits: number | undefined, compact: boolean): Intl.NumberFormat {
  const key = `${currency} ${digits} ${compact}`;
  let format = moneyFormats.get(key);
  if (!format) {
    const options: Intl.NumberFormatOptions = {
      ...(compact ? { notation: 'compact', maximumSignificantDigits: 3 } : {}),
      ...(digits === undefined || compact ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    };
    try {
      format = new Intl.NumberFormat(LOCALE, { ...options, style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    } catch {
      // A virtual currency (credits, tokens) has no symbol.
      format = new Intl.NumberFormat(LOCALE, { ...options, minimumFractionDigits: compact ? undefined : (digits ?? 2) });
    }
    moneyFormats.set(key, format);
  }
  return format;
}

/** "$1,234.50"; nothing is shown as a dash, which is not zero. */
export function money(amount: number | null | undefined, currency: string, digits?: number): string {
  if (amount === null || amount === undefined || Number.isNaN(amount)) return '–';
  return moneyFormat(currency, digits, false).format(amount).replace('-', '−');
}

/** "$1.2K": for axes. */
export function moneyShort(amount: number, currency: string): string {
  return moneyFormat(currency, undefined, true).format(amount).replace('-', '−');
}

/** An exact amount with thousands separators and all its digits, but at least two. */
export function exactAmount(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (!match) return text;
  const whole = match[2]!.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${match[1] ? '−' : ''}${whole}.${(match[3] ?? '').replace(/0+$/, '').padEnd(2, '0')}`;
}

/** An exact amount rounded for a list; the whole of it is shown where there is room. */
export function shortAmount(text: string): string {
  const amount = Number(text);
  if (Number.isNaN(amount)) return text;
  const digits = Math.abs(amount) >= 100 ? 2 : 4;
  return amount.toLocaleString(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: digits }).replace('-', '−');
}

export function count(n: number): string {
  return n.toLocaleString(LOCALE);
}

/** "+12.3%"; nothing when there is nothing to compare with. */
export function change(now: number, before: number): string | null {
  if (before === 0) return null;
  const ratio = (now - before) / Math.abs(before);
  const percent = Math.abs(ratio * 100);
  if (percent >= 1000) return ratio < 0 ? '<−999%' : '>+999%';
  const text = percent.toFixed(percent < 10 ? 1 : 0);
  return `${ratio < 0 ? '−' : '+'}${text}%`;
}

export function percent(share: number): string {
  if (share > 0 && share < 0.001) return '<0.1%';
  return `${(share * 100).toFixed(1)}%`;
}

/** "2.4 s", "3 min 12 s", "1 h 5 min". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function time(iso: string | undefined | null): string {
  if (!iso) return '–';
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return date.toLocaleString('en-GB', { day: '2-digit', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
}

/** "3 min ago", "in 2 h". */
export function fromNow(iso: string | undefined | null, now = Date.now()): string {
  if (!iso) return '–';
  const ms = new Date(iso).getTime() - now;
  if (Number.isNaN(ms)) return iso;
  const ago = Math.abs(ms);
  const [value, unit] =
    ago < 60_000 ? [Math.round(ago / 1000), 's'] :
    ago < 3_600_000 ? [Math.round(ago / 60_000), 'min'] :
    ago < 172_800_000 ? [Math.round(ago / 3_600_000), 'h'] :
    [Math.round(ago / 86_400_000), 'days'];
  if (ago < 5000) return 'now';
  return ms < 0 ? `${value} ${unit} ago` : `in ${value} ${unit}`;
}

export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = n;
  let unit = 'B';
  for (const next of units) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}
