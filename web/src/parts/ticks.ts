// Where axes are marked, and how: powers of ten, 1-2-5 within them, or plain steps where an axis is short.
import { count, power, sig } from '../numbers';

export interface AxisSpec {
  label: string;
  unit: string;
  log: boolean;
  counts: boolean;
  hidden: boolean;
  range: [number, number];
  scale?: number;
}

function linear(lo: number, hi: number, room: number): number[] {
  const raw = (hi - lo) / Math.max(1, room);
  const mag = 10 ** Math.floor(Math.log10(raw));
  const step = mag * ([1, 2, 2.5, 5, 10].find((k) => k * mag >= raw) ?? 10);
  const out: number[] = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi * (1 + 1e-12) + step * 1e-9; i++) out.push(Number((i * step).toPrecision(12)));
  return out;
}

/** room: how many marks have place. */
export function ticks(lo: number, hi: number, log: boolean, room: number): number[] {
  if (!(lo < hi)) return [];
  if (!log || !(lo > 0)) return linear(lo, hi, room);
  const decades = Math.log10(hi / lo);
  if (decades < 0.75) return linear(lo, hi, room).filter((v) => v > 0);
  const from = Math.floor(Math.log10(lo)), to = Math.ceil(Math.log10(hi));
  const every = Math.max(1, Math.ceil(decades / room));
  const within = decades * 3 <= room ? [1, 2, 5] : decades * 2 <= room ? [1, 3] : [1];
  const out: number[] = [];
  for (let e = from; e <= to; e++)
    if (e % every === 0) for (const k of within) if (k * 10 ** e >= lo && k * 10 ** e <= hi) out.push(Number(`${k}e${e}`));
  return out;
}

/** The lines between the marks of a log axis, faint. */
export function tickText(v: number, a: AxisSpec): string {
  if (a.counts) return count(v, 3).replace(/(\.\d*?)0+(?=[kMBT]?$)/, '$1').replace(/\.(?=[kMBT]?$)/, '');
  if (a.log && (v >= 1e5 || v < 1e-3)) return power(v, 3);
  return plainTick(v);
}

function plainTick(v: number): string {
  if (v === 0) return '0';
  return sig(v, 6).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
}
