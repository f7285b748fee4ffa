// A table of any length: only the rows in sight are in the document. A click on a head sorts, the field filters (words,
// and comparisons such as loss<3), the button saves what is left as CSV.
import { download, h, later } from '../dom';

export interface Column<T> {
  key: string;
  head: string;
  title?: string;
  value: (row: T) => string | number | null | undefined;
  text?: (row: T) => string;
  mark?: (row: T) => string; // a class of the cell
  wide?: number; // in ch
  left?: boolean;
}

export interface TableOptions<T> {
  name: string; // of the CSV file
  label: string;
  columns: Column<T>[];
  id: (row: T) => string;
  onPick?: (row: T) => void;
  height?: number; // rows that are shown
  sort?: string;
  onSort?: (sort: string) => void;
}

const ROW = 24;

export class Table<T> {
  readonly root: HTMLElement;
  private readonly body = h('div', { class: 'rows', role: 'rowgroup' });
  private readonly scroll: HTMLElement;
  private readonly said = h('span', { class: 'said' });
  private readonly head = h('div', { class: 'tr th', role: 'row' });
  private readonly filter: HTMLInputElement;
  private rows: readonly T[] = [];
  private order: number[] = [];
  private sort: { key: string; down: boolean } | null = null;
  private chosen = '';
  private cursor = -1;
  private frame = 0;

  constructor(private readonly o: TableOptions<T>) {
    this.filter = h('input', { type: 'search', placeholder: 'filter: words, loss<3', 'aria-label': `filter ${o.label}`, spellcheck: 'false',
      oninput: later(120, () => this.arrange()) });
    const save = h('button', { type: 'button', onclick: () => this.save() }, 'CSV');
    this.scroll = h('div', { class: 'scroll', tabindex: 0, role: 'grid', 'aria-label': o.label }, h('div', { role: 'rowgroup', class: 'heads' }, this.head), this.body);
    this.root = h('div', { class: 'table' }, h('div', { class: 'bar' }, this.filter, this.said, save), this.scroll);
    this.root.style.setProperty('--columns', o.columns.map((c) => `minmax(0, ${c.wide ?? 8}fr)`).join(' '));
    this.root.style.setProperty('--wide', `${o.columns.reduce((a, c) => a + (c.wide ?? 8) + 2, 0)}ch`);
    this.root.style.setProperty('--shown', String(o.height ?? 14));
    if (o.sort) this.sort = { key: o.sort.replace(/^-/, ''), down: o.sort.startsWith('-') };
    this.scroll.addEventListener('scroll', () => this.plan(), { passive: true });
    this.scroll.addEventListener('keydown', (e) => this.key(e));
    new ResizeObserver(() => this.plan()).observe(this.scroll);
    this.heads();
  }

  set(rows: readonly T[], chosen?: string): void {
    this.rows = rows;
    if (chosen !== undefined) this.chosen = chosen;
    this.arrange();
  }

  choose(id: string): void {
    this.chosen = id;
    this.plan();
  }

  private heads(): void {
    this.head.replaceChildren(...this.o.columns.map((c) => {
      const on = this.sort?.key === c.key;
      const way = on ? (this.sort?.down ? 'descending' : 'ascending') : 'none';
      return h('div', { role: 'columnheader', 'aria-sort': way, class: c.left ? 'l' : '' },
        h('button', { type: 'button', title: c.title ?? `sort by ${c.head}`, onclick: () => this.sortBy(c.key) }, c.head, on ? (this.sort?.down ? ' ↓' : ' ↑') : ''));
    }));
  }

  private sortBy(key: string): void {
    const c = this.o.columns.find((x) => x.key === key);
    if (this.sort?.key === key) this.sort = this.sort.down === !c?.left ? { key, down: !this.sort.down } : null;
    else this.sort = { key, down: !c?.left };
    this.o.onSort?.(this.sort ? (this.sort.down ? '-' : '') + this.sort.key : '');
    this.heads();
    this.arrange();
  }

  private arrange(): void {
    const keep = matcher(this.filter.value, this.o.columns);
    const order: number[] = [];
    for (let i = 0; i < this.rows.length; i++) if (keep(this.rows[i] as T)) order.push(i);
    const s = this.sort, c = s && this.o.columns.find((x) => x.key === s.key);
    if (s && c) {
      const v = this.rows.map((r) => c.value(r)), sign = s.down ? -1 : 1;
      order.sort((a, b) => sign * compare(v[a], v[b]) || a - b);
    }
    this.order = order;
    this.said.textContent = order.length === this.rows.length ? `${order.length.toLocaleString('en')} ${order.length === 1 ? 'row' : 'rows'}` : `${order.length.toLocaleString('en')} of ${this.rows.length.toLocaleString('en')}`;
    this.scroll.setAttribute('aria-rowcount', String(order.length + 1));
    this.body.style.height = `${order.length * ROW}px`;
    this.plan();
  }

  private plan(): void {
    if (!this.frame) this.frame = requestAnimationFrame(() => ((this.frame = 0), this.paint()));
  }

  private paint(): void {
    const top = Math.max(0, Math.floor((this.scroll.scrollTop - ROW) / ROW) - 4);
    const n = Math.min(this.order.length, top + Math.ceil(this.scroll.clientHeight / ROW) + 10);
    const out: HTMLElement[] = [];
    for (let k = top; k < n; k++) out.push(this.row(k));
    this.body.replaceChildren(...out);
  }

  private row(k: number): HTMLElement {
    const r = this.rows[this.order[k] as number] as T, id = this.o.id(r);
    const el = h('div', { role: 'row', class: `tr${id === this.chosen ? ' on' : ''}${k === this.cursor ? ' at' : ''}`, 'aria-rowindex': k + 2,
      ...(this.o.onPick ? { onclick: () => ((this.cursor = k), this.o.onPick?.(r)) } : {}) },
      ...this.o.columns.map((c) => {
        const v = c.text ? c.text(r) : c.value(r);
        return h('div', { role: 'gridcell', class: `${c.left ? 'l' : ''} ${c.mark?.(r) ?? ''}`, title: c.left && typeof v === 'string' && v.length > 18 ? v : null }, v ?? '–');
      }));
    el.style.top = `${k * ROW}px`;
    return el;
  }

  private key(e: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / ROW) - 2);
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 }[e.key];
    if (by !== undefined) {
      this.cursor = Math.min(this.order.length - 1, Math.max(0, this.cursor + by));
      const y = this.cursor * ROW;
      if (y < this.scroll.scrollTop) this.scroll.scrollTop = y;
      else if (y > this.scroll.scrollTop + this.scroll.clientHeight - 2 * ROW) this.scroll.scrollTop = y - this.scroll.clientHeight + 2 * ROW;
      this.plan();
    } else if (e.key === 'Enter' && this.cursor >= 0) {
      const r = this.rows[this.order[this.cursor] ?? -1];
      if (r !== undefined) this.o.onPick?.(r);
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }

  private save(): void {
    const cell = (v: string | number | null | undefined) => {
      let s = v === null || v === undefined ? '' : String(v);
      if (typeof v === 'string' && /^[=+@\t-]/.test(s)) s = `'${s}`; // no formula in a spreadsheet
      return /[",\n\r]/.test(s) ? `"${s.replace(/"/g, '""')}"` : s;
    };
    const lines = [this.o.columns.map((c) => cell(c.key)).join(',')];
    for (const i of this.order) lines.push(this.o.columns.map((c) => cell(c.value(this.rows[i] as T))).join(','));
    download(`${this.o.name}.csv`, 'text/csv', lines.join('\n') + '\n');
  }
}

function compare(a: string | number | null | undefined, b: string | number | null | undefined): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
  if (b === null || b === undefined) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

/** Words that all have to occur, and comparisons of columns by key or head. */
export function matcher<T>(text: string, columns: Column<T>[]): (row: T) => boolean {
  const tests: ((row: T) => boolean)[] = [];
  for (const part of text.trim().split(/\s+/).filter(Boolean)) {
    const m = /^(.+?)(<=|>=|!=|=|<|>)(.+)$/.exec(part);
    const c = m && columns.find((x) => x.key.toLowerCase() === m[1]?.toLowerCase() || x.head.toLowerCase() === m[1]?.toLowerCase());
    if (m && c) {
      const want = scaled(m[3] as string), op = m[2] as string;
      tests.push((r) => holds(c.value(r), op, want, m[3] as string));
    } else {
      const low = part.toLowerCase();
      tests.push((r) => columns.some((x) => String((x.text ?? x.value)(r) ?? '').toLowerCase().includes(low)));
    }
  }
  return (r) => tests.every((t) => t(r));
}

function scaled(s: string): number {
  const unit = { k: 1e3, m: 1e6, b: 1e9, t: 1e12 }[s.slice(-1).toLowerCase()];
  return unit ? Number(s.slice(0, -1)) * unit : Number(s);
}

function holds(v: string | number | null | undefined, op: string, want: number, text: string): boolean {
  if (typeof v === 'number' && !Number.isNaN(want)) {
    switch (op) {
      case '<': return v < want;
      case '>': return v > want;
      case '<=': return v <= want;
      case '>=': return v >= want;
      case '=': return v === want;
      default: return v !== want;
    }
  }
  const same = String(v ?? '') === text;
  return op === '!=' ? !same : op === '=' ? same : false;
}
