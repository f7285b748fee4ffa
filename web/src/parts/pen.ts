// What is drawn over a panel's axes: bands, lines and marks as the figure's document says, words beside them, the window of
// fitted runs, the handle, and a ring around what is pointed at.
import type uPlot from 'uplot';
import { Dots } from './dots';
import type { Series } from './figure';
import { DASH, HOLLOW, shape } from './marks';
import { MANY, type Scene, type View } from './scene';
import { FONT, hexOf, shadeAt, theme } from './theme';

export class Pen {
  private readonly dots = new Dots();

  constructor(private readonly s: Scene) {}

  private colour(s: Series, i = -1): string {
    const share = this.share(i >= 0 ? s.shades?.[i] : s.shade);
    return share === null ? (theme().of[s.colour] ?? theme().ink) : shadeAt(share);
  }

  /** Along the panel's scale of shades. */
  private share(shade: number | null | undefined): number | null {
    const axis = this.s.panel?.shade;
    if (shade == null || !axis) return null;
    const [lo, hi] = axis.range;
    return axis.log ? Math.log(shade / lo) / Math.log(hi / lo) : (shade - lo) / (hi - lo);
  }

  draw(u: uPlot): void {
    const p = this.s.panel;
    if (!p) return;
    const c = u.ctx, r = devicePixelRatio, b = u.bbox;
    const X = (x: number) => u.valToPos(x, 'x', true), Y = (y: number) => u.valToPos(y, 'y', true);
    c.save();
    c.beginPath();
    c.rect(b.left, b.top, b.width, b.height);
    c.clip();
    c.lineJoin = 'round';
    for (const s of p.series) {
      const dim = s.faded || (this.s.highlight !== '' && s.run !== undefined && s.run !== this.s.highlight);
      c.globalAlpha = dim ? 0.22 : 1;
      if (s.kind === 'band') this.band(c, s, X, Y);
      else if (s.kind === 'points') this.points(c, s, X, Y, r);
      else this.line(c, s, X, Y, r);
    }
    c.globalAlpha = 1;
    this.words(c, X, Y, r);
    this.shutters(c, b, X, r);
    if (this.s.handle) this.cross(c, X(this.s.handle[0]), Y(this.s.handle[1]), b, r);
    if (this.s.hit) this.ring(c, X, Y, r);
    c.restore();
  }

  /** Notes that have a place, and what is written at the ends of lines. */
  private words(c: CanvasRenderingContext2D, X: (v: number) => number, Y: (v: number) => number, r: number): void {
    c.font = FONT.replace('11px', `${11 * r}px`);
    c.fillStyle = theme().faint;
    c.textBaseline = 'middle';
    c.textAlign = 'left';
    for (const n of this.s.panel?.notes ?? []) if (!n.corner && n.x !== null && n.y !== null) c.fillText(n.text, X(n.x) + 4 * r, Y(n.y));
    const last = this.s.u ? this.s.u.bbox.left + this.s.u.bbox.width : 0;
    for (const s of this.s.panel?.series ?? []) {
      const i = s.x.length - 1, x = s.x[i], y = s.y[i];
      if (!s.end || x == null || y == null) continue;
      const left = X(x) + 6 * r + c.measureText(s.end).width > last;
      c.textAlign = left ? 'right' : 'left';
      c.fillText(s.end, X(x) + (left ? -6 : 6) * r, Y(y) - (left ? 9 * r : 0));
    }
  }

  private band(c: CanvasRenderingContext2D, s: Series, X: (v: number) => number, Y: (v: number) => number): void {
    const top: [number, number][] = [], low: [number, number][] = [];
    const floor = this.s.view ? this.s.view.y[0] : 0;
    s.x.forEach((x, i) => {
      const lo = s.lo?.[i], hi = s.hi?.[i];
      if (x == null || lo == null || hi == null) return;
      top.push([X(x), Y(hi)]);
      low.push([X(x), Y(this.s.panel?.y.log ? Math.max(lo, floor / 10) : lo)]);
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
    const on = this.s.highlight !== '' && s.run === this.s.highlight;
    c.beginPath();
    let pen = false, before = 0;
    for (let i = 0; i < s.x.length; i++) {
      const x = s.x[i], y = s.y[i];
      if (x == null || y == null || (this.s.panel?.x.log && x <= 0) || (this.s.panel?.y.log && y <= 0)) {
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
    const v = this.s.view as View;
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
    this.dots.paint(c, (this.s.u as uPlot).bbox, this.s.at(s), this.s.toPixels('x', true), this.s.toPixels('y', true), Math.round(2 * r), 0.5 * c.globalAlpha, s.shades ? colour : () => one);
  }

  /** What lies outside the window of fitted runs is veiled; its edges can be taken. */
  private shutters(c: CanvasRenderingContext2D, b: uPlot.BBox, X: (v: number) => number, r: number): void {
    if (!this.s.window) return;
    const at = this.s.window.map((v) => (v === null ? null : X(v)));
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
    const s = this.s.hit && this.s.panel?.series[this.s.hit.series];
    const x = s?.x[this.s.hit?.mark ?? 0], y = s?.y[this.s.hit?.mark ?? 0];
    if (x == null || y == null) return;
    c.strokeStyle = theme().accent;
    c.lineWidth = 1.6 * r;
    c.beginPath();
    c.arc(X(x), Y(y), 8 * r, 0, 7);
    c.stroke();
  }
}
