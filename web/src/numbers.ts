// Numbers as people read them. Nothing here computes: a value comes in, its text goes out.

const SUP: Record<string, string> = {
  '-': '⁻', '0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴', '5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹'
};
export const NONE = '–';
const MINUS = '−';

export interface Estimate {
  value: number | null;
  ci?: [number, number] | null;
  level?: number;
  se?: number | null;
}

export function raised(n: number): string {
  return [...String(n)].map((c) => SUP[c] ?? c).join('');
}

function trim(s: string): string {
  return s.includes('.') ? s.replace(/\.?0+$/, '') : s;
}

/** 25100 as 25.1k, 1.2e12 as 1.2T; from 1e15 and below 1e-4 as a power of ten. */
export function count(v: number | null | undefined, digits = 3): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return NONE;
  const a = Math.abs(v);
  if (a === 0) return '0';
  if (a >= 999.5e12 || a < 1e-4) return power(v, digits);
  for (const [scale, unit] of [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'k']] as const)
    if (a >= scale * (1 - 5 * 10 ** -(digits + 1))) return `${sig(v / scale, digits)}${unit}`;
  return sig(v, digits);
}

/** FLOP/s with the unit's own prefix: 34.8 GFLOP/s. */
export function speed(v: number | null | undefined): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return NONE;
  for (const [scale, unit] of [[1e18, 'E'], [1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M']] as const)
    if (v >= scale) return `${sig(v / scale, 3)} ${unit}FLOP/s`;
  return `${sig(v, 3)} FLOP/s`;
}

/** 3.2×10¹⁴ */
export function power(v: number | null | undefined, digits = 3): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return NONE;
  if (v === 0) return '0';
  const [m, e] = v.toExponential(digits - 1).split('e') as [string, string];
  const tail = `10${raised(Number(e))}`;
  const lead = trim(m);
  return lead === '1' ? tail : `${minus(lead)}×${tail}`;
}

/** So many significant digits, without a power of ten between 1e-4 and 1e6. */
export function sig(v: number | null | undefined, digits = 4): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return NONE;
  if (v === 0) return '0';
  const a = Math.abs(v);
  if (a >= 1e6 || a < 1e-4) return power(v, digits);
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Number(a.toPrecision(digits)))));
  return minus(v.toFixed(places));
}

function minus(s: string): string {
  return s.startsWith('-') ? MINUS + s.slice(1) : s;
}

export function fixed(v: number | null | undefined, places: number): string {
  return v === null || v === undefined || !Number.isFinite(v) ? NONE : minus(v.toFixed(places));
}

export function percent(v: number | null | undefined, places = 0): string {
  return v === null || v === undefined || !Number.isFinite(v) ? NONE : `${minus((100 * v).toFixed(places))} %`;
}

/** As many digits as the interval earns: two of its half width. */
export function digitsOf(e: Estimate): number {
  const v = e.value, ci = e.ci;
  if (v === null || !ci || ci[0] === null || ci[1] === null || v === 0) return 4;
  const half = Math.abs(ci[1] - ci[0]) / 2;
  if (!(half > 0)) return 4;
  return Math.min(6, Math.max(2, Math.floor(Math.log10(Math.abs(v))) - Math.floor(Math.log10(half)) + 2));
}

/** A value and its interval, alike in digits. big: counts such as 1.2T. */
export function estimate(e: Estimate | null | undefined, big = false): { value: string; range: string } {
  if (!e) return { value: NONE, range: '' };
  const d = digitsOf(e);
  const show = (v: number | null | undefined) => (big ? count(v, Math.min(d, 4)) : sigLike(v, e.value, d));
  const range = e.ci && e.ci[0] !== null && e.ci[1] !== null ? `${show(e.ci[0])} to ${show(e.ci[1])}` : '';
  return { value: show(e.value), range };
}

/** v with the decimal places that d significant digits of the value have. */
function sigLike(v: number | null | undefined, value: number | null, d: number): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return NONE;
  if (value === null || value === 0 || Math.abs(v) >= 1e6 || Math.abs(value) < 1e-4 || Math.abs(v) < 1e-4) return sig(v, d);
  const places = Math.max(0, d - 1 - Math.floor(Math.log10(Math.abs(value))));
  return minus(v.toFixed(Math.min(places, 8)));
}

export function duration(s: number | null | undefined): string {
  if (s === null || s === undefined || !Number.isFinite(s)) return NONE;
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 100) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  if (s < 5400) return `${Math.floor(s / 60)}m${String(Math.floor(s % 60)).padStart(2, '0')}s`;
  if (s < 172800) return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
  return `${(s / 86400).toFixed(1)} d`;
}

export function usd(v: number | null | undefined): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return NONE;
  return v > 0 && v < 0.01 ? `$${power(v, 2)}` : v < 1000 ? `$${v.toFixed(2)}` : `$${count(v)}`;
}

/** A number as a person types it for the program: 1e9, 70B, 1.4T, 300k. */
export function parseCount(text: string): number {
  const m = /^\s*([0-9.]+(?:e[+-]?\d+)?)\s*([kMBT]?)\s*$/i.exec(text);
  if (!m) return NaN;
  const unit = { k: 1e3, m: 1e6, b: 1e9, t: 1e12 }[(m[2] ?? '').toLowerCase()] ?? 1;
  return Number(m[1]) * unit;
}

/** A number in the form that goes into a link and onto the command line. */
export function plain(v: number, digits = 4): string {
  const s = Number(v.toPrecision(digits));
  return Math.abs(s) >= 1e6 || (Math.abs(s) < 1e-3 && s !== 0) ? s.toExponential().replace('+', '') : String(s);
}
