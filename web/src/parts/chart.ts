// One panel of a figure as an element: uPlot gives scales, axes and the canvas; a pen draws over it, a hand points, drags and
// zooms, and both know the panel by its scene.
import uPlot from 'uplot';
import { h } from '../dom';
import { count, sig, power } from '../numbers';
import type { Panel } from './figure';
import { Hand } from './hand';
import { Pen } from './pen';
import { Scene, type Hit, type View, type Window } from './scene';
import { FONT, onTheme, theme } from './theme';
import { ticks, tickText, type AxisSpec } from './ticks';

export interface ChartOptions {
  label: string; // for who cannot see it
  height?: number;
  onPick?: (run: string) => void;
  onWindow?: (lo: number | null, hi: number | null, done: boolean) => void;
  onHandle?: (x: number, y: number, done: boolean) => void;
  quietY?: boolean; // the panel before says the y axis
}

export class Chart {
  readonly root: HTMLElement;
  readonly box = h('div', { class: 'box', hidden: true }); // what a drag has gone over
  private readonly plot = h('div', { class: 'plot' });
  private readonly tip = h('div', { class: 'tip', role: 'status', hidden: true });
  private readonly corner = h('div', { class: 'corner' });
  private readonly s = new Scene();
  private readonly pen = new Pen(this.s);
  private readonly hand = new Hand(this, this.s);
  private height: number;

  constructor(readonly opts: ChartOptions) {
    this.height = opts.height ?? 300;
    this.root = h('div', { class: 'chart', tabindex: 0, role: 'group', 'aria-roledescription': 'figure', 'aria-label': opts.label }, this.plot);
    new ResizeObserver(() => this.resize()).observe(this.plot);
    onTheme(() => this.s.u?.redraw());
    this.root.addEventListener('keydown', (e) => this.hand.key(e));
    this.root.addEventListener('blur', () => this.point(null));
  }

  set(panel: Panel, more: { window?: Window | null; handle?: [number, number] | null; highlight?: string } = {}): void {
    this.root.dataset['marks'] = String(panel.series.reduce((n, q) => n + q.x.length, 0)); // for who watches the page
    if (more.window !== undefined) this.s.window = more.window;
    if (more.handle !== undefined) this.s.handle = more.handle;
    this.s.highlight = more.highlight ?? '';
    const same = this.s.show(panel);
    this.notes();
    if (!this.s.u || !same) this.build();
    else this.rescale();
  }

  setHandle(x: number, y: number): void {
    this.s.handle = [x, y];
    this.s.u?.redraw(false);
  }

  setHighlight(run: string): void {
    this.s.highlight = run;
    this.s.u?.redraw(false);
  }

  setHeight(px: number): void {
    this.height = px;
    this.resize();
  }

  /** What the axes show now. */
  shown(): View | null {
    return this.s.view;
  }

  reset(): void {
    this.s.reset();
    this.rescale();
  }

  zoom(by: number, fx: number, fy: number): void {
    this.s.zoom(by, fx, fy);
    this.rescale();
  }

  pan(dx: number, dy: number): void {
    this.s.pan(dx, dy);
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
    const p = this.s.panel, v = this.s.view;
    if (!p || !v) return;
    this.s.u?.destroy();
    const scale = (log: boolean, of: 'x' | 'y'): uPlot.Scale => ({
      time: false, distr: log ? 3 : 1, range: () => (this.s.view as View)[of]
    });
    const across = (u: uPlot) => u.bbox.width / devicePixelRatio / (p.x.counts ? 64 : 72);
    const up = (u: uPlot) => u.bbox.height / devicePixelRatio / 34;
    const axes = [this.axis(p.x, 2, across, false), this.axis(p.y, 3, up, this.opts.quietY ?? false)];
    if (p.right) axes.push(this.axis(p.right, 1, up, false));
    this.s.u = new uPlot(
      {
        width: Math.max(120, this.plot.clientWidth || 300), height: this.height, pxAlign: 0,
        padding: [8, p.right ? 0 : 12, 0, 0],
        scales: { x: scale(p.x.log, 'x'), y: scale(p.y.log, 'y') },
        axes, legend: { show: false },
        cursor: { show: false, drag: { x: false, y: false } },
        series: [{}, { show: true, stroke: 'transparent', points: { show: false } }],
        hooks: { draw: [(u) => this.pen.draw(u)] }
      },
      [[v.x[0], v.x[1]], [v.y[0], v.y[1]]], this.plot
    );
    this.s.u.over.append(this.corner, this.box, this.tip);
    this.hand.listen(this.s.u.over);
  }

  rescale(): void {
    const u = this.s.u, v = this.s.view;
    if (!u || !v) return;
    u.batch(() => {
      u.setScale('x', { min: v.x[0], max: v.x[1] });
      u.setScale('y', { min: v.y[0], max: v.y[1] });
    });
  }

  private resize(): void {
    const w = this.plot.clientWidth;
    if (this.s.u && w > 40) this.s.u.setSize({ width: w, height: this.height });
  }

  private notes(): void {
    const words = (this.s.panel?.notes ?? []).filter((n) => n.corner);
    this.corner.replaceChildren(...words.map((n) => h('div', {}, n.text)));
  }

  // ---- what is pointed at ----

  point(hit: Hit | null): void {
    const p = this.s.panel, u = this.s.u;
    if (hit?.series === this.s.hit?.series && hit?.mark === this.s.hit?.mark) return;
    this.s.hit = hit;
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
}

function axisText(v: number, a: AxisSpec): string {
  const say = a.counts ? count(v) : Math.abs(v) >= 1e6 ? power(v) : sig(v, 4);
  return a.label.startsWith('loss') || a.label.includes('loss') ? `loss ${say}` : `${a.label.split(',')[0]} ${say}`;
}
