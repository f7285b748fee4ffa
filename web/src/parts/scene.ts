// What one panel shows at a moment, without a line of drawing: its marks and where they lie in pixels, the part of the axes
// that is in view, and what is pointed at, highlighted, windowed or held.
import type uPlot from 'uplot';
import { placesOf, type Line, type Places } from './dots';
import type { Panel, Series } from './figure';
import type { AxisSpec } from './ticks';

export interface View {
  x: [number, number];
  y: [number, number];
}

export interface Hit {
  series: number;
  mark: number;
}

export type Window = [number | null, number | null];

export const MANY = 4000; // marks above which each is a square of few pixels

export class Scene {
  u: uPlot | null = null;
  panel: Panel | null = null;
  view: View | null = null;
  zoomed = false;
  hit: Hit | null = null;
  window: Window | null = null; // of runs that are fitted, along x; null: to that end all are
  handle: [number, number] | null = null;
  highlight = ''; // a run
  private places = new WeakMap<Series, Places>(); // of the panel's series

  /** Another panel, all of it in view unless one has zoomed on these axes before. Whether the axes are the same. */
  show(panel: Panel): boolean {
    const p = this.panel, alike = (a: AxisSpec, b: AxisSpec) => a.log === b.log && a.label === b.label;
    const same = !!p && alike(p.x, panel.x) && alike(p.y, panel.y) && !!p.right === !!panel.right;
    this.panel = panel;
    this.places = new WeakMap();
    this.hit = null;
    if (!this.zoomed || !same) this.reset();
    return same;
  }

  /** Zooms to a part. */
  look(view: View): void {
    this.view = view;
    this.zoomed = true;
  }

  reset(): void {
    if (!this.panel) return;
    this.zoomed = false;
    this.view = { x: [...this.panel.x.range], y: [...this.panel.y.range] };
  }

  /** The run of a mark, or of the line that it is on. */
  runOf(hit: Hit | null): string | undefined {
    const s = hit && this.panel?.series[hit.series];
    return s?.runs?.[hit?.mark ?? 0] ?? s?.run;
  }

  /** A series' marks as its axes count. */
  at(s: Series): Places {
    let p = this.places.get(s);
    if (!p) this.places.set(s, (p = placesOf(s, !!this.panel?.x.log, !!this.panel?.y.log)));
    return p;
  }

  /** From places to pixels: the canvas's own, or the page's. */
  toPixels(of: 'x' | 'y', canvas: boolean): Line {
    const u = this.u as uPlot, v = (this.view as View)[of], t = this.panel?.[of].log ? Math.log : (a: number) => a;
    const a = u.valToPos(v[0], of, canvas), b = u.valToPos(v[1], of, canvas), by = (b - a) / (t(v[1]) - t(v[0]));
    return { from: a - by * t(v[0]), by };
  }

  // ---- what is near ----

  /** The mark, or else the point of a line, that is nearest to a pixel. */
  near(px: number, py: number): Hit | null {
    const u = this.u, p = this.panel;
    if (!u || !p) return null;
    let best: Hit | null = null, least = 14 * 14;
    const X = this.toPixels('x', false), Y = this.toPixels('y', false);
    const see = (s: Series, si: number, reach: number) => {
      const at = this.at(s);
      for (let i = 0; i < at.x.length; i++) {
        const dx = X.from + X.by * (at.x[i] as number) - px;
        if (!(dx <= reach && dx >= -reach)) continue;
        const dy = Y.from + Y.by * (at.y[i] as number) - py, d = dx * dx + dy * dy;
        if (d < least) (least = d), (best = { series: si, mark: i });
      }
    };
    p.series.forEach((s, i) => s.kind === 'points' && see(s, i, 14));
    if (best) return best;
    least = 12 * 12;
    p.series.forEach((s, i) => (s.kind === 'line' || s.kind === 'step') && see(s, i, 12));
    return best;
  }

  /** The edge of the window at a pixel. */
  edge(px: number): 'lo' | 'hi' | null {
    const u = this.u;
    if (!u || !this.window) return null;
    for (const [i, side] of [[0, 'lo'], [1, 'hi']] as const) {
      const v = this.window[i];
      if (v !== null && Math.abs(u.valToPos(v, 'x') - px) < 8) return side;
    }
    return null;
  }

  /** From the mark that is pointed at to another: those that have a name, from left to right. */
  beside(by: number): Hit | null {
    const all: Hit[] = [];
    this.panel?.series.forEach((s, si) => {
      if (s.kind === 'points' && s.x.length <= MANY) s.x.forEach((x, i) => x != null && s.y[i] != null && all.push({ series: si, mark: i }));
    });
    const x = (a: Hit) => (this.panel?.series[a.series] as Series).x[a.mark] as number;
    all.sort((a, b) => x(a) - x(b));
    if (!all.length) return null;
    const now = all.findIndex((a) => a.series === this.hit?.series && a.mark === this.hit?.mark);
    return all[now < 0 ? (by > 0 ? 0 : all.length - 1) : (now + by + all.length) % all.length] as Hit;
  }

  // ---- the part in view ----

  zoom(by: number, fx: number, fy: number): void {
    const v = this.view, p = this.panel;
    if (!v || !p) return;
    const scaled = ([lo, hi]: [number, number], log: boolean, f: number): [number, number] => {
      const a = log ? Math.log(lo) : lo, b = log ? Math.log(hi) : hi, m = a + f * (b - a);
      const out: [number, number] = [m + (a - m) * by, m + (b - m) * by];
      return log ? [Math.exp(out[0]), Math.exp(out[1])] : out;
    };
    this.look({ x: scaled(v.x, p.x.log, fx), y: scaled(v.y, p.y.log, fy) });
  }

  pan(dx: number, dy: number): void {
    const v = this.view, p = this.panel;
    if (!v || !p) return;
    const moved = ([lo, hi]: [number, number], log: boolean, f: number): [number, number] =>
      log ? [lo * (hi / lo) ** f, hi * (hi / lo) ** f] : [lo + f * (hi - lo), hi + f * (hi - lo)];
    this.look({ x: moved(v.x, p.x.log, dx), y: moved(v.y, p.y.log, dy) });
  }
}
