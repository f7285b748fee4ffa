// A distribution as a line of its quantiles, narrower darker: what is forecast, and under it what the law says.
import { h, svg } from '../dom';
import { estimate, sig, type Estimate } from '../numbers';
import { ticks } from './ticks';

export interface Distribution extends Estimate {
  quantiles?: Record<string, number>;
}

interface Row { label: string; of: Distribution; outcome?: number | null }

const PAIRS: [string, string, number][] = [['0.005', '0.995', 0.16], ['0.05', '0.95', 0.34], ['0.25', '0.75', 0.7]];

export function fans(rows: Row[], unit: string): HTMLElement {
  const W = Math.min(640, Math.max(300, innerWidth - 32)), EDGE = 26, H = 40, all: number[] = []; // EDGE: half of a number has room beside the last tick
  for (const r of rows) {
    all.push(...Object.values(r.of.quantiles ?? {}), ...(r.of.ci ?? []));
    if (r.of.value !== null) all.push(r.of.value);
    if (r.outcome != null) all.push(r.outcome);
  }
  const seen = all.filter(Number.isFinite);
  if (!seen.length) return h('p', { class: 'note' }, 'no distribution');
  const lo0 = Math.min(...seen), hi0 = Math.max(...seen), pad = (hi0 - lo0) * 0.06 || Math.abs(hi0) * 0.02;
  const lo = lo0 - pad, hi = hi0 + pad, X = (v: number) => EDGE + ((v - lo) / (hi - lo)) * (W - 2 * EDGE);
  const pic = svg('svg', { viewBox: `0 0 ${W} ${rows.length * H + 22}`, class: 'fans', role: 'img', 'aria-label': rows.map((r) => `${r.label}: ${estimate(r.of).value}, ${estimate(r.of).range}`).join('; ') });
  for (const v of ticks(lo, hi, false, W / 90)) {
    const t = svg('text', { x: X(v), y: rows.length * H + 16, class: 'tick' });
    t.textContent = sig(v, 5).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    pic.append(svg('line', { x1: X(v), x2: X(v), y1: 4, y2: rows.length * H, class: 'grid' }), t);
  }
  rows.forEach((r, i) => {
    const y = i * H + 20, q = r.of.quantiles;
    const bar = (a: number, b: number, o: number) => svg('rect', { x: X(a), y: y, width: Math.max(1, X(b) - X(a)), height: 14, class: 'band', opacity: o });
    const name = svg('text', { x: 4, y: y - 5, class: 'name' });
    name.textContent = r.label;
    pic.append(name);
    if (q) for (const [a, b, o] of PAIRS) q[a] !== undefined && q[b] !== undefined && pic.append(bar(q[a], q[b], o));
    else if (r.of.ci) pic.append(bar(r.of.ci[0], r.of.ci[1], 0.34));
    if (r.of.value !== null) pic.append(svg('line', { x1: X(r.of.value), x2: X(r.of.value), y1: y - 2, y2: y + 16, class: 'median' }));
    if (r.outcome != null) {
      const x = X(r.outcome), m = y + 7;
      pic.append(svg('polygon', { points: `${x},${m - 8} ${x + 6},${m} ${x},${m + 8} ${x - 6},${m}`, class: 'came' }));
    }
  });
  return h('div', { class: 'fan' }, pic as unknown as Node, h('small', {}, `${unit}; 50, 90 and 99 % intervals, the narrower the darker`));
}
