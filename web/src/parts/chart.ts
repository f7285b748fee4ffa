// One panel of a figure: uPlot gives scales, axes and the canvas; marks, lines and bands are drawn over it as the
// figure's document says. Pointing names a mark; clicking or Enter picks its run; dragging zooms, or moves the window or
// the handle where the panel has one. Every act has a key.
import uPlot from 'uplot';
import { h } from '../dom';
import { count, sig, power } from '../numbers';
import { Dots, placesOf, type Line, type Places } from './dots';
import type { Panel, Series } from './figure';
import { DASH, HOLLOW, shape } from './marks';
import { hexOf, onTheme, shadeAt, theme } from './theme';
import { ticks, tickText, type AxisSpec } from './ticks';

export interface ChartOptions {
  label: string; // for who cannot see it
  height?: number;
  onPick?: (run: string) => void;
  onWindow?: (lo: number | null, hi: number | null, done: boolean) => void;
  onHandle?: (x: number, y: number, done: boolean) => void;
  quietY?: boolean; // the panel before says the y axis
}

interface Hit {
  series: number;
  mark: number;
}

const FONT = "11px 'Inter', ui-sans-serif, -apple-system, 'Segoe UI', 'Source Sans 3', 'Noto Sans', 'Liberation Sans', system-ui, sans-serif";
const MANY = 4000; // marks above which each is a square of few pixels

export class Chart {
  readonly root: HTMLElement;
  private readonly plot = h('div', { class: 'plot' });
  private readonly tip = h('div', { class: 'tip', role: 'status', hidden: true });
  private readonly box = h('div', { class: 'box', hidden: true });
  private readonly corner = h('div', { class: 'corner' });
  private u: uPlot | null = null;
  private panel: Panel | null = null;
  private view: { x: [number, number]; y: [number, number] } | null = null;
  private zoomed = false;
  private hit: Hit | null = null;
  private window: [number | null, number | null] | null = null;
  private handle: [number, number] | null = null;
  private highlight = '';
  private height: number;
  private places = new WeakMap<Series, Places>(); // of the panel's series
  private readonly dots = new Dots();
  private drag: { mode: 'zoom' | 'window' | 'lo' | 'hi' | 'handle'; x: number; y: number; moved: boolean } | null = null;

  constructor(private readonly opts: ChartOptions) {
    this.height = opts.height ?? 300;
    this.root = h('div', { class: 'chart', tabindex: 0, role: 'group', 'aria-roledescription': 'figure', 'aria-label': opts.label }, this.plot);
    new ResizeObserver(() => this.resize()).observe(this.plot);
    onTheme(() => this.u?.redraw());
    this.root.addEventListener('keydown', (e) => this.key(e));
    this.root.addEventListener('blur', () => this.point(null));
  }

  set(panel: Panel, more: { window?: [number | null, number | null] | null; handle?: [number, number] | null; highlight?: string } = {}): void {
    const same = this.panel && this.panel.x.log === panel.x.log && this.panel.y.log === panel.y.log &&
      this.panel.x.label === panel.x.label && this.panel.y.label === panel.y.label && !!this.panel.right === !!panel.right;
    this.panel = panel;
    this.places = new WeakMap();
    this.root.dataset['marks'] = String(panel.series.reduce((n, q) => n + q.x.length, 0)); // for who watches the page
    if (more.window !== undefined) this.window = more.window;
    if (more.handle !== undefined) this.handle = more.handle;
    this.highlight = more.highlight ?? '';
    this.hit = null;
    if (!this.zoomed || !same) {
      this.view = { x: [...panel.x.range], y: [...panel.y.range] };
      this.zoomed = false;
    }
    this.notes();
    if (!this.u || !same) this.build();
    else this.rescale();
  }

  setHandle(x: number, y: number): void {
    this.handle = [x, y];
    this.u?.redraw(false);
  }

  setHighlight(run: string): void {
    this.highlight = run;
    this.u?.redraw(false);
  }

  setHeight(px: number): void {
    this.height = px;
    this.resize();
  }

  /** What the axes show now. */
  shown(): { x: [number, number]; y: [number, number] } | null {
    return this.view;
  }

  reset(): void {
    if (!this.panel) return;
    this.zoomed = false;
    this.view = { x: [...this.panel.x.range], y: [...this.panel.y.range] };
    this.rescale();
  }

  // ---- uPlot ----

  private axis(spec: AxisSpec, side: number, room: (u: uPlot) => number, quiet: boolean): uPlot.Axis {
    const say = spec.unit ? `${spec.label} (${spec.unit})` : spec.label;
    return {
      side, scale: side % 2 === 0 ? 'x' : 'y',
      stroke: () => theme().faint,
      grid: { stroke: () => theme().grid, width: 1, show: side !== 1 && !spec.hidden },
      ticks: { show: false },
      font: FONT,
      labelFont: FONT,
      ...(spec.hidden || quiet ? {} : { label: say }),
      labelSize: 16, labelGap: 2, gap: 5,
      size: spec.hidden ? 8 : side % 2 === 0 ? 22 : quiet ? 30 : 44,
      splits: (u) => {
        const s = u.scales[side % 2 === 0 ? 'x' : 'y'];
        const k = spec.scale ?? 1;
        if (spec.hidden || s?.min == null || s.max == null) return [];
        return ticks(s.min * k, s.max * k, spec.log, room(u)).map((v) => v / k);
      },
      filter: (_u, at) => at, // uPlot would keep the powers of ten alone
      values: (_u, at) => at.map((v) => tickText(v * (spec.scale ?? 1), spec))
    };
  }

  private build(): void {
    const p = this.panel, v = this.view;
    if (!p || !v) return;
    this.u?.destroy();
    const scale = (log: boolean, of: 'x' | 'y'): uPlot.Scale => ({
      time: false, distr: log ? 3 : 1, range: () => (this.view as { x: [number, number]; y: [number, number] })[of]
    });
    const across = (u: uPlot) => u.bbox.width / devicePixelRatio / (p.x.counts ? 64 : 72);
    const up = (u: uPlot) => u.bbox.height / devicePixelRatio / 34;
    const axes = [this.axis(p.x, 2, across, false), this.axis(p.y, 3, up, this.opts.quietY ?? false)];
    if (p.right) axes.push(this.axis(p.right, 1, up, false));
    this.u = new uPlot(
      {
        width: Math.max(120, this.plot.clientWidth || 300), height: this.height, pxAlign: 0,
        padding: [8, p.right ? 0 : 12, 0, 0],
        scales: { x: scale(p.x.log, 'x'), y: scale(p.y.log, 'y') },
        axes, legend: { show: false },
        cursor: { show: false, drag: { x: false, y: false } },
        series: [{}, { show: true, stroke: 'transparent', points: { show: false } }],
        hooks: { draw: [(u) => this.draw(u)] }
      },
      [[v.x[0], v.x[1]], [v.y[0], v.y[1]]], this.plot
    );
    this.u.over.append(this.corner, this.box, this.tip);
    this.listen(this.u.over);
  }

  private rescale(): void {
    const u = this.u, v = this.view;
    if (!u || !v) return;
    u.batch(() => {
      u.setScale('x', { min: v.x[0], max: v.x[1] });
      u.setScale('y', { min: v.y[0], max: v.y[1] });
    });
  }

  private resize(): void {
    const w = this.plot.clientWidth;
    if (this.u && w > 40) this.u.setSize({ width: w, height: this.height });
  }

  private notes(): void {
    const words = (this.panel?.notes ?? []).filter((n) => n.corner);
    this.corner.replaceChildren(...words.map((n) => h('div', {}, n.text)));
  }

  // ---- drawing ----

  private colour(s: Series, i = -1): string {
    const share = this.share(i >= 0 ? s.shades?.[i] : s.shade);
    return share === null ? (theme().of[s.colour] ?? theme().ink) : shadeAt(share);
  }

  /** Along the panel's scale of shades. */
  private share(shade: number | null | undefined): number | null {
    const axis = this.panel?.shade;
    if (shade == null || !axis) return null;
    const [lo, hi] = axis.range;
    return axis.log ? Math.log(shade / lo) / Math.log(hi / lo) : (shade - lo) / (hi - lo);
  }

  private draw(u: uPlot): void {
    const p = this.panel;
    if (!p) return;
    const c = u.ctx, r = devicePixelRatio, b = u.bbox;
    const X = (x: number) => u.valToPos(x, 'x', true), Y = (y: number) => u.valToPos(y, 'y', true);
    c.save();
    c.beginPath();
    c.rect(b.left, b.top, b.width, b.height);
    c.clip();
    c.lineJoin = 'round';
    for (const s of p.series) {
      const dim = s.faded || (this.highlight !== '' && s.run !== undefined && s.run !== this.highlight);
      c.globalAlpha = dim ? 0.22 : 1;
      if (s.kind === 'band') this.band(c, s, X, Y);
      else if (s.kind === 'points') this.points(c, s, X, Y, r);
      else this.line(c, s, X, Y, r);
    }
    c.globalAlpha = 1;
    this.words(c, X, Y, r);
    this.shutters(c, b, X, r);
    if (this.handle) this.cross(c, X(this.handle[0]), Y(this.handle[1]), b, r);
    if (this.hit) this.ring(c, X, Y, r);
    c.restore();
  }

  /** Notes that have a place, and what is written at the ends of lines. */
  private words(c: CanvasRenderingContext2D, X: (v: number) => number, Y: (v: number) => number, r: number): void {
    c.font = FONT.replace('11px', `${11 * r}px`);
    c.fillStyle = theme().faint;
    c.textBaseline = 'middle';
    c.textAlign = 'left';
    for (const n of this.panel?.notes ?? []) if (!n.corner && n.x !== null && n.y !== null) c.fillText(n.text, X(n.x) + 4 * r, Y(n.y));
    const last = this.u ? this.u.bbox.left + this.u.bbox.width : 0;
    for (const s of this.panel?.series ?? []) {
      const i = s.x.length - 1, x = s.x[i], y = s.y[i];
      if (!s.end || x == null || y == null) continue;
      const left = X(x) + 6 * r + c.measureText(s.end).width > last;
      c.textAlign = left ? 'right' : 'left';
      c.fillText(s.end, X(x) + (left ? -6 : 6) * r, Y(y) - (left ? 9 * r : 0));
    }
  }

  private band(c: CanvasRenderingContext2D, s: Series, X: (v: number) => number, Y: (v: number) => number): void {
    const top: [number, number][] = [], low: [number, number][] = [];
    const floor = this.view ? this.view.y[0] : 0;
    s.x.forEach((x, i) => {
      const lo = s.lo?.[i], hi = s.hi?.[i];
      if (x == null || lo == null || hi == null) return;
      top.push([X(x), Y(hi)]);
      low.push([X(x), Y(this.panel?.y.log ? Math.max(lo, floor / 10) : lo)]);
    });
    if (top.length < 2) return;
    c.beginPath();
    for (const [x, y] of [...top, ...low.reverse()]) c.lineTo(x, y);
    c.closePath();
    c.globalAlpha *= s.opacity;
    c.fillStyle = this.colour(s);
    c.fill();
    c.globalAlpha = 1;
  }

  private line(c: CanvasRenderingContext2D, s: Series, X: (v: number) => number, Y: (v: number) => number, r: number): void {
    const on = this.highlight !== '' && s.run === this.highlight;
    c.beginPath();
    let pen = false, before = 0;
    for (let i = 0; i < s.x.length; i++) {
      const x = s.x[i], y = s.y[i];
      if (x == null || y == null || (this.panel?.x.log && x <= 0) || (this.panel?.y.log && y <= 0)) {
        pen = false;
        continue;
      }
      const px = X(x), py = Y(y);
      if (!pen) c.moveTo(px, py);
      else {
        if (s.kind === 'step') c.lineTo(px, before);
        c.lineTo(px, py);
      }
      pen = true;
      before = py;
    }
    c.setLineDash((DASH[s.dash] ?? []).map((d) => d * r));
    c.lineWidth = (on ? 2.6 : 1.5 * s.size) * r;
    c.strokeStyle = this.colour(s);
    c.stroke();
    c.setLineDash([]);
  }

  private points(c: CanvasRenderingContext2D, s: Series, X: (v: number) => number, Y: (v: number) => number, r: number): void {
    if (s.x.length > MANY) return this.squares(c, s, r);
    const base = c.globalAlpha;
    const v = this.view as { x: [number, number]; y: [number, number] };
    for (let i = 0; i < s.x.length; i++) {
      const x = s.x[i], y = s.y[i];
      if (x == null || y == null || x < v.x[0] || x > v.x[1] || y < v.y[0] || y > v.y[1]) continue;
      const px = X(x), py = Y(y);
      c.fillStyle = c.strokeStyle = this.colour(s, i);
      const lo = s.lo?.[i], hi = s.hi?.[i];
      if (lo != null && hi != null) {
        c.lineWidth = r;
        c.beginPath();
        c.moveTo(px, Y(lo));
        c.lineTo(px, Y(hi));
        c.stroke();
      }
      c.beginPath();
      shape(c, s.marker, px, py, 3.6 * Math.sqrt(s.size) * r);
      if (HOLLOW.has(s.marker)) {
        c.lineWidth = 1.6 * r;
        c.stroke();
      } else {
        c.fill();
        c.lineWidth = 0.8 * r;
        c.strokeStyle = theme().paper;
        c.stroke();
      }
    }
    c.globalAlpha = base;
  }

  /** More marks than have a shape: squares of two pixels. */
  private squares(c: CanvasRenderingContext2D, s: Series, r: number): void {
    const one = hexOf(this.colour(s)), ramp = Array.from({ length: 256 }, (_, k) => hexOf(shadeAt(k / 255)));
    const colour = (i: number) => {
      const share = this.share(s.shades?.[i]);
      return share === null ? one : (ramp[Math.round(255 * Math.min(1, Math.max(0, share)))] as number);
    };
    this.dots.paint(c, (this.u as uPlot).bbox, this.at(s), this.toPixels('x', true), this.toPixels('y', true), Math.round(2 * r), 0.5 * c.globalAlpha, s.shades ? colour : () => one);
  }

  private at(s: Series): Places {
    let p = this.places.get(s);
    if (!p) this.places.set(s, (p = placesOf(s, !!this.panel?.x.log, !!this.panel?.y.log)));
    return p;
  }

  /** From places to pixels: the canvas's own, or the page's. */
  private toPixels(of: 'x' | 'y', canvas: boolean): Line {
    const u = this.u as uPlot, v = (this.view as { x: [number, number]; y: [number, number] })[of], t = this.panel?.[of].log ? Math.log : (a: number) => a;
    const a = u.valToPos(v[0], of, canvas), b = u.valToPos(v[1], of, canvas), by = (b - a) / (t(v[1]) - t(v[0]));
    return { from: a - by * t(v[0]), by };
  }

  /** What lies outside the window of fitted runs is veiled; its edges can be taken. */
  private shutters(c: CanvasRenderingContext2D, b: uPlot.BBox, X: (v: number) => number, r: number): void {
    if (!this.window) return;
    const at = this.window.map((v) => (v === null ? null : X(v)));
    c.fillStyle = theme().ink;
    c.globalAlpha = 0.07;
    if (at[0] != null) c.fillRect(b.left, b.top, at[0] - b.left, b.height);
    if (at[1] != null) c.fillRect(at[1], b.top, b.left + b.width - at[1], b.height);
    c.globalAlpha = 1;
    c.strokeStyle = c.fillStyle = theme().accent;
    for (const x of at) {
      if (x === null) continue;
      c.lineWidth = r;
      c.beginPath();
      c.moveTo(x, b.top);
      c.lineTo(x, b.top + b.height);
      c.stroke();
      c.fillRect(x - 3 * r, b.top + b.height / 2 - 12 * r, 6 * r, 24 * r);
    }
  }

  private cross(c: CanvasRenderingContext2D, x: number, y: number, b: uPlot.BBox, r: number): void {
    c.strokeStyle = theme().accent;
    c.lineWidth = r;
    c.setLineDash([3 * r, 3 * r]);
    c.beginPath();
    c.moveTo(x, b.top);
    c.lineTo(x, b.top + b.height);
    c.moveTo(b.left, y);
    c.lineTo(b.left + b.width, y);
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = theme().accent;
    c.beginPath();
    shape(c, 'diamond', x, y, 8 * r);
    c.fill();
    c.lineWidth = 1.5 * r;
    c.strokeStyle = theme().paper;
    c.stroke();
  }

  private ring(c: CanvasRenderingContext2D, X: (v: number) => number, Y: (v: number) => number, r: number): void {
    const s = this.hit && this.panel?.series[this.hit.series];
    const x = s?.x[this.hit?.mark ?? 0], y = s?.y[this.hit?.mark ?? 0];
    if (x == null || y == null) return;
    c.strokeStyle = theme().accent;
    c.lineWidth = 1.6 * r;
    c.beginPath();
    c.arc(X(x), Y(y), 8 * r, 0, 7);
    c.stroke();
  }

  // ---- pointing ----

  private near(px: number, py: number): Hit | null {
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

  private point(hit: Hit | null): void {
    const p = this.panel, u = this.u;
    if (hit?.series === this.hit?.series && hit?.mark === this.hit?.mark) return;
    this.hit = hit;
    const s = hit && p?.series[hit.series];
    const x = s?.x[hit?.mark ?? 0], y = s?.y[hit?.mark ?? 0];
    this.tip.hidden = !s;
    if (s && u && p && hit && x != null && y != null) {
      const name = s.names?.[hit.mark] || s.name || s.label;
      const at = `${axisText(x, p.x)}, ${axisText(y, p.y)}`;
      this.tip.replaceChildren(h('b', {}, name), ...(s.names?.[hit.mark] ? [] : [h('span', {}, at)]),
        ...(this.opts.onPick && s.runs?.[hit.mark] ? [h('i', {}, 'click or Enter: leave out or take back')] : []));
      const left = u.valToPos(x, 'x'), top = u.valToPos(y, 'y'), wide = u.over.clientWidth;
      this.tip.style.left = `${Math.max(0, Math.min(left + 12, wide - 210))}px`;
      this.tip.style.top = `${top > 60 ? top - 52 : top + 14}px`;
    }
    u?.redraw(false);
  }

  private where(e: PointerEvent | MouseEvent): [number, number] {
    const r = (this.u as uPlot).over.getBoundingClientRect();
    return [e.clientX - r.left, e.clientY - r.top];
  }

  private listen(over: HTMLElement): void {
    over.addEventListener('pointermove', (e) => this.move(e));
    over.addEventListener('pointerleave', () => !this.drag && this.point(null));
    over.addEventListener('pointerdown', (e) => this.down(e, over));
    over.addEventListener('pointerup', (e) => this.up(e));
    over.addEventListener('pointercancel', () => this.cancel());
    over.addEventListener('dblclick', () => {
      if (this.opts.onWindow) this.opts.onWindow(null, null, true);
      this.reset();
    });
    over.addEventListener('wheel', (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      const [px, py] = this.where(e);
      this.zoom(Math.exp(e.deltaY * 0.002), px / over.clientWidth, 1 - py / over.clientHeight);
    }, { passive: false });
  }

  private edge(px: number): 'lo' | 'hi' | null {
    const u = this.u;
    if (!u || !this.window) return null;
    for (const [i, side] of [[0, 'lo'], [1, 'hi']] as const) {
      const v = this.window[i];
      if (v !== null && Math.abs(u.valToPos(v, 'x') - px) < 8) return side;
    }
    return null;
  }

  private down(e: PointerEvent, over: HTMLElement): void {
    if (e.button !== 0 || !this.u) return;
    const [x, y] = this.where(e);
    const hit = this.near(x, y);
    this.root.focus({ preventScroll: true });
    if (this.opts.onHandle) this.drag = { mode: 'handle', x, y, moved: false };
    else if (this.opts.onWindow) this.drag = { mode: this.edge(x) ?? 'window', x, y, moved: false };
    else this.drag = { mode: 'zoom', x, y, moved: false };
    if (hit && !this.opts.onHandle) this.point(hit);
    over.setPointerCapture(e.pointerId);
    if (this.drag.mode === 'handle') this.moveHandle(x, y, false);
  }

  private move(e: PointerEvent): void {
    const u = this.u;
    if (!u) return;
    const [x, y] = this.where(e), d = this.drag;
    if (!d) {
      u.over.style.cursor = this.opts.onHandle ? 'crosshair' : this.edge(x) ? 'ew-resize' : 'crosshair';
      this.point(this.near(x, y));
      return;
    }
    d.moved = d.moved || Math.abs(x - d.x) + Math.abs(y - d.y) > 4;
    if (!d.moved) return;
    if (d.mode === 'handle') return this.moveHandle(x, y, false);
    if (d.mode === 'lo' || d.mode === 'hi') {
      const at = u.posToVal(x, 'x'), w = this.window ?? [null, null];
      this.window = d.mode === 'lo' ? [at, w[1]] : [w[0], at];
      this.opts.onWindow?.(this.window[0], this.window[1], false);
      return u.redraw(false);
    }
    const full = d.mode === 'window';
    this.box.hidden = false;
    this.box.style.left = `${Math.min(x, d.x)}px`;
    this.box.style.width = `${Math.abs(x - d.x)}px`;
    this.box.style.top = full ? '0' : `${Math.min(y, d.y)}px`;
    this.box.style.height = full ? '100%' : `${Math.abs(y - d.y)}px`;
    if (full) {
      const a = u.posToVal(Math.min(x, d.x), 'x'), b = u.posToVal(Math.max(x, d.x), 'x');
      this.opts.onWindow?.(a, b, false);
    }
  }

  private up(e: PointerEvent): void {
    const u = this.u, d = this.drag;
    this.cancel();
    if (!u || !d) return;
    const [x, y] = this.where(e);
    if (d.mode === 'handle') return this.moveHandle(x, y, true);
    if (!d.moved) {
      const hit = this.near(x, y), s = hit && this.panel?.series[hit.series];
      const run = s?.runs?.[hit?.mark ?? 0] ?? s?.run;
      if (run) this.opts.onPick?.(run);
      return;
    }
    if (d.mode === 'lo' || d.mode === 'hi') return this.opts.onWindow?.(this.window?.[0] ?? null, this.window?.[1] ?? null, true);
    const a = u.posToVal(Math.min(x, d.x), 'x'), b = u.posToVal(Math.max(x, d.x), 'x');
    if (d.mode === 'window') {
      this.window = [a, b];
      this.opts.onWindow?.(a, b, true);
      return u.redraw(false);
    }
    if (Math.abs(x - d.x) < 6 || Math.abs(y - d.y) < 6) return;
    this.view = { x: [a, b], y: [u.posToVal(Math.max(y, d.y), 'y'), u.posToVal(Math.min(y, d.y), 'y')] };
    this.zoomed = true;
    this.rescale();
  }

  private cancel(): void {
    this.drag = null;
    this.box.hidden = true;
  }

  private moveHandle(px: number, py: number, done: boolean): void {
    const u = this.u as uPlot, o = u.over;
    const x = u.posToVal(Math.min(o.clientWidth, Math.max(0, px)), 'x');
    const y = u.posToVal(Math.min(o.clientHeight, Math.max(0, py)), 'y');
    this.setHandle(x, y);
    this.opts.onHandle?.(x, y, done);
  }

  // ---- keys ----

  private zoom(by: number, fx: number, fy: number): void {
    const v = this.view, p = this.panel;
    if (!v || !p) return;
    const scaled = ([lo, hi]: [number, number], log: boolean, f: number): [number, number] => {
      const a = log ? Math.log(lo) : lo, b = log ? Math.log(hi) : hi, m = a + f * (b - a);
      const out: [number, number] = [m + (a - m) * by, m + (b - m) * by];
      return log ? [Math.exp(out[0]), Math.exp(out[1])] : out;
    };
    this.view = { x: scaled(v.x, p.x.log, fx), y: scaled(v.y, p.y.log, fy) };
    this.zoomed = true;
    this.rescale();
  }

  private pan(dx: number, dy: number): void {
    const v = this.view, p = this.panel;
    if (!v || !p) return;
    const moved = ([lo, hi]: [number, number], log: boolean, f: number): [number, number] =>
      log ? [lo * (hi / lo) ** f, hi * (hi / lo) ** f] : [lo + f * (hi - lo), hi + f * (hi - lo)];
    this.view = { x: moved(v.x, p.x.log, dx), y: moved(v.y, p.y.log, dy) };
    this.zoomed = true;
    this.rescale();
  }

  /** Marks that have a name, from left to right. */
  private walk(by: number): void {
    const all: Hit[] = [];
    this.panel?.series.forEach((s, si) => {
      if (s.kind === 'points' && s.x.length <= MANY) s.x.forEach((x, i) => x != null && s.y[i] != null && all.push({ series: si, mark: i }));
    });
    const x = (a: Hit) => (this.panel?.series[a.series] as Series).x[a.mark] as number;
    all.sort((a, b) => x(a) - x(b));
    if (!all.length) return;
    const now = all.findIndex((a) => a.series === this.hit?.series && a.mark === this.hit?.mark);
    this.point(all[now < 0 ? (by > 0 ? 0 : all.length - 1) : (now + by + all.length) % all.length] as Hit);
  }

  private key(e: KeyboardEvent): void {
    const step = e.shiftKey ? 0.25 : 0.05;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (arrow) {
      const [dx, dy] = arrow as [number, number];
      if (this.opts.onHandle && this.handle && this.view) {
        const k = (v: number, [lo, hi]: [number, number], d: number) => v * (hi / lo) ** (d * step * 0.5);
        this.setHandle(k(this.handle[0], this.view.x, dx), k(this.handle[1], this.view.y, dy));
        this.opts.onHandle(this.handle[0], this.handle[1], true);
      } else if (e.shiftKey) this.pan(dx * 0.1, dy * 0.1);
      else this.walk(dx || dy);
    } else if (e.key === '+' || e.key === '=') this.zoom(0.8, 0.5, 0.5);
    else if (e.key === '-') this.zoom(1.25, 0.5, 0.5);
    else if (e.key === '0') this.reset();
    else if (e.key === 'Enter' || e.key === ' ') {
      const s = this.hit && this.panel?.series[this.hit.series], run = s?.runs?.[this.hit?.mark ?? 0] ?? s?.run;
      if (!run || !this.opts.onPick) return;
      this.opts.onPick(run);
    } else if (this.opts.onWindow && '[]{}'.includes(e.key) && this.view) {
      const [lo, hi] = this.view.x, by = (hi / lo) ** 0.03;
      const w: [number | null, number | null] = this.window ? [...this.window] : [null, null];
      if (e.key === '[') w[0] = (w[0] ?? lo) * by;
      if (e.key === '{') w[0] = (w[0] ?? lo) / by;
      if (e.key === ']') w[1] = (w[1] ?? hi) / by;
      if (e.key === '}') w[1] = (w[1] ?? hi) * by;
      this.window = w;
      this.opts.onWindow(w[0], w[1], true);
    } else if (e.key === 'Escape') this.point(null);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}

function axisText(v: number, a: AxisSpec): string {
  const say = a.counts ? count(v) : Math.abs(v) >= 1e6 ? power(v) : sig(v, 4);
  return a.label.startsWith('loss') || a.label.includes('loss') ? `loss ${say}` : `${a.label.split(',')[0]} ${say}`;
}
