// How marks and lines look, in a panel and in its legend.
import { h, svg } from '../dom';
import { count, power } from '../numbers';
import type { Panel, Series } from './figure';
import { onTheme, shadeAt } from './theme';
import type { AxisSpec } from './ticks';

export const DASH: Record<string, number[]> = { solid: [], dashed: [6, 4], dotted: [1.5, 3.5], 'dash-dot': [7, 3, 1.5, 3] };

export const HOLLOW = new Set(['ring', 'frame']);

/** The outline of a mark, into a path or a canvas that has one open. */
export function shape(c: CanvasRenderingContext2D | Path2D, name: string, x: number, y: number, r: number): void {
  const poly = (...at: [number, number][]) => {
    at.forEach(([dx, dy], i) => (i ? c.lineTo(x + dx * r, y + dy * r) : c.moveTo(x + dx * r, y + dy * r)));
    c.closePath();
  };
  switch (name) {
    case 'square': case 'frame': return poly([-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]);
    case 'triangle': return poly([0, -1.2], [1.1, 0.8], [-1.1, 0.8]);
    case 'wedge': return poly([0, 1.2], [1.1, -0.8], [-1.1, -0.8]);
    case 'diamond': return poly([0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]);
    case 'star': {
      const at: [number, number][] = [];
      for (let k = 0; k < 10; k++) {
        const d = k % 2 ? 0.6 : 1.5, a = (Math.PI * k) / 5 - Math.PI / 2;
        at.push([d * Math.cos(a), d * Math.sin(a)]);
      }
      return poly(...at);
    }
    default: c.arc(x, y, r, 0, 2 * Math.PI);
  }
}

/** The legend of panels: each label once, with its mark; none of a series that has nothing to show. */
export function legend(panels: Panel[]): HTMLElement {
  const seen = new Map<string, Series>();
  for (const p of panels) for (const s of p.series) if (s.label && !seen.has(s.label) && s.x.some((x, i) => x != null && (s.y[i] != null || s.lo?.[i] != null))) seen.set(s.label, s);
  const list = h('ul', { class: 'legend' });
  for (const [label, s] of seen) list.append(h('li', {}, sample(s) as unknown as Node, label));
  for (const p of panels.slice(0, 1)) if (p.shade && !p.shade.hidden) list.append(h('li', {}, scaleBar(p.shade)));
  return list;
}

function sample(s: Series): SVGElement {
  const cls = `k-${s.colour}`, box = svg('svg', { viewBox: '0 0 22 12', width: 22, height: 12, 'aria-hidden': 'true', class: cls });
  if (s.kind === 'band') box.append(svg('rect', { x: 1, y: 1, width: 20, height: 10, fill: 'currentColor', opacity: Math.max(0.2, s.opacity) }));
  else if (s.kind === 'points') box.append(markShape(s.marker, Math.min(1.5, Math.sqrt(s.size))));
  else box.append(svg('path', { d: 'M1 6H21', stroke: 'currentColor', 'stroke-width': 1.6, fill: 'none', 'stroke-dasharray': (DASH[s.dash] ?? []).join(' ') || 'none' }));
  return box;
}

/** by: larger or smaller than a mark of size 1. */
function markShape(name: string, by: number): SVGElement {
  const points: Record<string, string> = {
    square: '7,2 15,2 15,10 7,10', frame: '7,2 15,2 15,10 7,10', triangle: '11,1 16,10 6,10', wedge: '11,11 16,2 6,2',
    diamond: '11,0.5 16,6 11,11.5 6,6', star: '11,0 12.6,4.2 17,4.4 13.5,7 14.8,11.4 11,8.8 7.2,11.4 8.5,7 5,4.4 9.4,4.2'
  };
  const hollow = HOLLOW.has(name);
  const paint = { fill: hollow ? 'none' : 'currentColor', stroke: 'currentColor', 'stroke-width': hollow ? 1.5 : 0, transform: `translate(11 6) scale(${by.toFixed(2)}) translate(-11 -6)` };
  return points[name] ? svg('polygon', { points: points[name] as string, ...paint }) : svg('circle', { cx: 11, cy: 6, r: 4, ...paint });
}

function scaleBar(a: AxisSpec): HTMLElement {
  const end = (v: number) => (a.counts ? count(v, 2) : power(v, 2));
  const bar = h('canvas', { width: 64, height: 8, 'aria-hidden': 'true' });
  const paint = () => {
    const c = bar.getContext('2d') as CanvasRenderingContext2D;
    for (let i = 0; i < 64; i++) (c.fillStyle = shadeAt(i / 63)), c.fillRect(i, 0, 1, 8);
  };
  paint();
  onTheme(paint);
  return h('span', { class: 'scale' }, `${a.label.split(',')[0]} `, end(a.range[0]), bar, end(a.range[1]));
}
