// The hand on a panel, by pointer and by keys: pointing names a mark, clicking or Enter picks its run, dragging zooms, or
// moves the window or the handle where the panel has one. Every act has a key.
import type uPlot from 'uplot';
import type { Chart } from './chart';
import type { Scene, Window } from './scene';

export class Hand {
  private drag: { mode: 'zoom' | 'window' | 'lo' | 'hi' | 'handle'; x: number; y: number; moved: boolean } | null = null;

  constructor(private readonly c: Chart, private readonly s: Scene) {}

  private where(e: PointerEvent | MouseEvent): [number, number] {
    const r = (this.s.u as uPlot).over.getBoundingClientRect();
    return [e.clientX - r.left, e.clientY - r.top];
  }

  /** On uPlot's own overlay, which every build makes anew. */
  listen(over: HTMLElement): void {
    over.addEventListener('pointermove', (e) => this.move(e));
    over.addEventListener('pointerleave', () => !this.drag && this.c.point(null));
    over.addEventListener('pointerdown', (e) => this.down(e, over));
    over.addEventListener('pointerup', (e) => this.up(e));
    over.addEventListener('pointercancel', () => this.cancel());
    over.addEventListener('dblclick', () => {
      if (this.c.opts.onWindow) this.c.opts.onWindow(null, null, true);
      this.c.reset();
    });
    over.addEventListener('wheel', (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      const [px, py] = this.where(e);
      this.c.zoom(Math.exp(e.deltaY * 0.002), px / over.clientWidth, 1 - py / over.clientHeight);
    }, { passive: false });
  }

  private down(e: PointerEvent, over: HTMLElement): void {
    if (e.button !== 0 || !this.s.u) return;
    const [x, y] = this.where(e);
    const hit = this.s.near(x, y);
    this.c.root.focus({ preventScroll: true });
    if (this.c.opts.onHandle) this.drag = { mode: 'handle', x, y, moved: false };
    else if (this.c.opts.onWindow) this.drag = { mode: this.s.edge(x) ?? 'window', x, y, moved: false };
    else this.drag = { mode: 'zoom', x, y, moved: false };
    if (hit && !this.c.opts.onHandle) this.c.point(hit);
    over.setPointerCapture(e.pointerId);
    if (this.drag.mode === 'handle') this.moveHandle(x, y, false);
  }

  private move(e: PointerEvent): void {
    const u = this.s.u;
    if (!u) return;
    const [x, y] = this.where(e), d = this.drag;
    if (!d) {
      u.over.style.cursor = this.c.opts.onHandle ? 'crosshair' : this.s.edge(x) ? 'ew-resize' : 'crosshair';
      this.c.point(this.s.near(x, y));
      return;
    }
    d.moved = d.moved || Math.abs(x - d.x) + Math.abs(y - d.y) > 4;
    if (!d.moved) return;
    if (d.mode === 'handle') return this.moveHandle(x, y, false);
    if (d.mode === 'lo' || d.mode === 'hi') {
      const at = u.posToVal(x, 'x'), w = this.s.window ?? [null, null];
      this.s.window = d.mode === 'lo' ? [at, w[1]] : [w[0], at];
      this.c.opts.onWindow?.(this.s.window[0], this.s.window[1], false);
      return u.redraw(false);
    }
    const full = d.mode === 'window';
    this.c.box.hidden = false;
    this.c.box.style.left = `${Math.min(x, d.x)}px`;
    this.c.box.style.width = `${Math.abs(x - d.x)}px`;
    this.c.box.style.top = full ? '0' : `${Math.min(y, d.y)}px`;
    this.c.box.style.height = full ? '100%' : `${Math.abs(y - d.y)}px`;
    if (full) {
      const a = u.posToVal(Math.min(x, d.x), 'x'), b = u.posToVal(Math.max(x, d.x), 'x');
      this.c.opts.onWindow?.(a, b, false);
    }
  }

  private up(e: PointerEvent): void {
    const u = this.s.u, d = this.drag;
    this.cancel();
    if (!u || !d) return;
    const [x, y] = this.where(e);
    if (d.mode === 'handle') return this.moveHandle(x, y, true);
    if (!d.moved) {
      const run = this.s.runOf(this.s.near(x, y));
      if (run) this.c.opts.onPick?.(run);
      return;
    }
    if (d.mode === 'lo' || d.mode === 'hi') return this.c.opts.onWindow?.(this.s.window?.[0] ?? null, this.s.window?.[1] ?? null, true);
    const a = u.posToVal(Math.min(x, d.x), 'x'), b = u.posToVal(Math.max(x, d.x), 'x');
    if (d.mode === 'window') {
      this.s.window = [a, b];
      this.c.opts.onWindow?.(a, b, true);
      return u.redraw(false);
    }
    if (Math.abs(x - d.x) < 6 || Math.abs(y - d.y) < 6) return;
    this.s.look({ x: [a, b], y: [u.posToVal(Math.max(y, d.y), 'y'), u.posToVal(Math.min(y, d.y), 'y')] });
    this.c.rescale();
  }

  private cancel(): void {
    this.drag = null;
    this.c.box.hidden = true;
  }

  private moveHandle(px: number, py: number, done: boolean): void {
    const u = this.s.u as uPlot, o = u.over;
    const x = u.posToVal(Math.min(o.clientWidth, Math.max(0, px)), 'x');
    const y = u.posToVal(Math.min(o.clientHeight, Math.max(0, py)), 'y');
    this.c.setHandle(x, y);
    this.c.opts.onHandle?.(x, y, done);
  }

  // ---- keys ----

  key(e: KeyboardEvent): void {
    const step = e.shiftKey ? 0.25 : 0.05;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (arrow) {
      const [dx, dy] = arrow as [number, number];
      if (this.c.opts.onHandle && this.s.handle && this.s.view) {
        const k = (v: number, [lo, hi]: [number, number], d: number) => v * (hi / lo) ** (d * step * 0.5);
        this.c.setHandle(k(this.s.handle[0], this.s.view.x, dx), k(this.s.handle[1], this.s.view.y, dy));
        this.c.opts.onHandle(this.s.handle[0], this.s.handle[1], true);
      } else if (e.shiftKey) this.c.pan(dx * 0.1, dy * 0.1);
      else this.c.point(this.s.beside(dx || dy) ?? this.s.hit);
    } else if (e.key === '+' || e.key === '=') this.c.zoom(0.8, 0.5, 0.5);
    else if (e.key === '-') this.c.zoom(1.25, 0.5, 0.5);
    else if (e.key === '0') this.c.reset();
    else if (e.key === 'Enter' || e.key === ' ') {
      const run = this.s.runOf(this.s.hit);
      if (!run || !this.c.opts.onPick) return;
      this.c.opts.onPick(run);
    } else if (this.c.opts.onWindow && '[]{}'.includes(e.key) && this.s.view) {
      const [lo, hi] = this.s.view.x, by = (hi / lo) ** 0.03;
      const w: Window = this.s.window ? [...this.s.window] : [null, null];
      if (e.key === '[') w[0] = (w[0] ?? lo) * by;
      if (e.key === '{') w[0] = (w[0] ?? lo) / by;
      if (e.key === ']') w[1] = (w[1] ?? hi) / by;
      if (e.key === '}') w[1] = (w[1] ?? hi) * by;
      this.s.window = w;
      this.c.opts.onWindow(w[0], w[1], true);
    } else if (e.key === 'Escape') this.c.point(null);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}
