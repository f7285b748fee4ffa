// Two ladders or recipes: which part of the law moved, and what the change is worth at each scale.
import { Latest, type Request } from '../api';
import { fill, h } from '../dom';
import { count, estimate, percent, power, sig, type Estimate } from '../numbers';
import { Chart } from '../parts/chart';
import type { Panel, Series } from '../parts/figure';
import { legend } from '../parts/marks';
import { symbol } from '../parts/formula';
import { choice, facts, field, group } from '../parts/controls';
import { listRuns, type Run } from '../parts/runs';
import { Table } from '../parts/table';
import { fitOptions, type State } from '../state';
import type { App, View } from '../view';
import { lawChoice, type Fit } from './law';
import { extent } from './ladder';

interface Scale { flops?: number | null; x?: number | null; inside: boolean; loss: [number | null, number | null]; gain: Estimate; loss_gain_percent: Estimate }
interface Comparison {
  law: string; form?: string; verdict: string; answer: string; alarm: number; paired?: boolean; could_be?: string[];
  baseline: { name: string; fit: Fit }; other: { name: string; fit: Fit }; p?: number | null;
  models?: Record<string, { p: number | null; enough: boolean; change: Record<string, Estimate> }>;
  change?: Record<string, Estimate>; scales?: Scale[]; no_gain?: string; along?: string;
  settle?: { gain_percent: number; power: number; alarm: number; noise_sd: number; runs_each: number | null; designs: number | null; at: number | null };
}

const COLUMNS = ['ladder', 'family', 'arm', 'precision', 'kernels', 'host', 'role']; // those of words

export function compare(app: App): View {
  let s: State | null = null, runs: Run[] = [], loaded: string | null = null;
  const asking = new Latest();
  const gain = new Chart({ label: 'gain of the change against scale', height: 320 }), pair = new Chart({ label: 'the runs of both', height: 300 });
  const gainBox = h('figure', {}), pairKey = h('div'), answer = h('div', { class: 'answer' }), parts = h('div'), settle = h('div'), laws = h('div');
  const by = choice('apart by', [], (v) => app.go({ by: v, base: null, other: null }));
  const base = choice('baseline', [], (v) => app.go({ base: v })), other = choice('against it', [], (v) => app.go({ other: v }));
  const lawIs = lawChoice((v) => app.go({ law: v }));
  const want = field('a gain to settle, per cent', (v) => app.go({ gain: v }), { placeholder: '1' });
  const scaleTable = new Table<Scale>({
    name: 'gain', label: 'gain by scale', id: (r) => String(r.flops ?? r.x), height: 9, columns: [
      { key: 'scale', head: 'C', value: (r) => r.flops ?? r.x, text: (r) => power(r.flops ?? r.x, 2), wide: 9 }, { key: 'gain', head: 'baseline needs', value: (r) => r.gain.value, text: (r) => `${estimate(r.gain).value}×`, wide: 12 },
      { key: 'lo', head: 'from', value: (r) => r.gain.ci?.[0], text: (r) => `${sig(r.gain.ci?.[0], 3)}×` }, { key: 'hi', head: 'to', value: (r) => r.gain.ci?.[1], text: (r) => `${sig(r.gain.ci?.[1], 3)}×` },
      { key: 'percent', head: 'of the loss', value: (r) => r.loss_gain_percent.value, text: (r) => `${estimate(r.loss_gain_percent).value} %`, wide: 10 }, { key: 'inside', head: 'within the runs', value: (r) => (r.inside ? 'yes' : 'no'), text: (r) => (r.inside ? '● yes' : '○ beyond'), left: true, wide: 12 }]
  });

  const told = [group('which part is of its own', parts), group('what would settle it', settle), group('their laws', laws)];
  const tell = (on: boolean) => [gainBox, scaleTable.root, ...told].forEach((x) => (x.hidden = !on)); // nothing stands where there is no answer

  const root = h('div', { class: 'view compare' }, h('div', { class: 'cols' },
    h('div', { class: 'main' }, gainBox, h('figure', {}, h('figcaption', {}, 'the runs of both'), pair.root, pairKey), scaleTable.root),
    h('aside', { class: 'side' }, h('section', { class: 'group answer' }, answer), group('two sides', by.root, base.root, other.root, lawIs.root, want.root), ...told)));

  function values(column: string): string[] {
    const seen = new Map<string, number>();
    for (const r of runs) {
      const v = r[column];
      if (v !== null && v !== undefined && v !== '') seen.set(String(v), (seen.get(String(v)) ?? 0) + 1);
    }
    return [...seen].filter(([v]) => !v.includes(',')).sort((a, b) => b[1] - a[1]).map(([v]) => v);
  }

  function request(st: State, column: string, a: string, b: string): Request {
    return { verb: 'compare', options: { ...fitOptions(st), ladder: st.get('ladder') || (column === 'ladder' ? 'all' : null), by: `${column}=${a},${b}`, gain: st.get('gain') || null } };
  }

  function show(d: Comparison, column: string, a: string, b: string): void {
    tell(true);
    fill(answer, h('p', { class: 'big' }, d.answer), h('p', {}, d.verdict), h('small', {}, `called where there is none: ${percent(d.alarm)}${d.paired ? '; same points, resampled together' : ''}`));
    fill(parts, facts(Object.entries(d.models ?? {}).map(([k, m]) => [k, m.p === null ? '–' : `p ${sig(m.p, 2)}`, m.enough ? '● enough' : ''] as [string, string, string])), facts(Object.entries(d.change ?? {}).map(([k, e]) => [h('span', {}, ...symbol(k)), estimate(e).value, estimate(e).range] as [Node, string, string])));
    const t = d.settle;
    fill(settle, t ? facts([['a gain of', `${sig(t.gain_percent, 2)} %`], ['seen with', percent(t.power), 'probability'], ['runs each', t.runs_each === null ? '–' : count(t.runs_each), `at ${power(t.at, 2)}`], ['or', t.designs === null ? '–' : `${sig(t.designs, 2)}×`, 'the present tables'], ['noise of a run', percent(t.noise_sd, 2)]]) : h('p', { class: 'note' }, '–'));
    fill(laws, ...[d.baseline, d.other].map((x) => h('div', {}, h('b', {}, x.name || '?'), facts([...Object.entries(x.fit?.params ?? {}).map(([k, e]) => [h('span', {}, ...symbol(k)), estimate(e, Math.abs(e.value ?? 0) >= 1e4).value, estimate(e, Math.abs(e.value ?? 0) >= 1e4).range] as [Node, string, string]), ['runs', String(x.fit?.n ?? '–')]]))));
    const list = (d.scales ?? []).filter((x) => x.gain.value !== null);
    scaleTable.set(list);
    drawGain(d, list);
    drawPair(column, a, b);
  }

  function drawGain(d: Comparison, list: Scale[]): void {
    const X = (r: Scale) => r.flops ?? r.x ?? null, xs = list.map(X);
    const x = extent(xs, true, 0.02), y = extent(list.flatMap((r) => [r.gain.value, r.inside ? (r.gain.ci?.[0] ?? null) : null, r.inside ? (r.gain.ci?.[1] ?? null) : null, 1]), true, 0.12);
    fill(gainBox, h('figcaption', {}, `what ${d.baseline.name || 'the baseline'} needs for the loss of ${d.other.name || 'the other'}, times`));
    if (!x || !y) return void gainBox.append(h('p', { class: 'note' }, d.no_gain ?? 'no gain is told'));
    const b = { dash: 'solid', opacity: 0.2, shade: null, name: '', end: '', marker: '', size: 1, colour: 'blue' };
    const last = list.map((r) => r.inside).lastIndexOf(true), cut = (f: (i: number) => boolean) => list.map((r, i) => (f(i) ? r.gain.value : null));
    const p: Panel = {
      x: { label: d.along && !list[0]?.flops ? d.along : 'C = 6ND', unit: 'FLOPs', log: true, counts: false, hidden: false, range: x }, y: { label: 'gain', unit: 'times', log: true, counts: false, hidden: false, range: y }, right: null, shade: null, notes: [],
      series: [
        { ...b, kind: 'band', label: '90 % of the draws', x: xs, y: list.map((r) => r.gain.value), lo: list.map((r) => r.gain.ci?.[0] ?? null), hi: list.map((r) => r.gain.ci?.[1] ?? null) },
        { ...b, kind: 'line', label: 'no gain', colour: 'black', dash: 'dotted', x: [x[0], x[1]], y: [1, 1] },
        { ...b, kind: 'line', label: 'within the runs of both', x: xs, y: cut((i) => i <= last) },
        { ...b, kind: 'line', label: 'extrapolated', dash: 'dashed', x: xs, y: cut((i) => i >= last) },
        { ...b, kind: 'points', label: '', marker: 'circle', size: 0.8, x: xs, y: list.map((r) => r.gain.value), names: list.map((r) => `${power(X(r), 2)}: ${estimate(r.gain).value}× (${estimate(r.gain).range})`) }]
    };
    gainBox.append(gain.root, legend([p]));
    gain.set(p);
  }

  function drawPair(column: string, a: string, b: string): void {
    const side = (v: string, colour: string, marker: string): Series => {
      const mine = runs.filter((r) => String(r[column]) === v && r.flops && r.loss != null);
      return { kind: 'points', label: v, colour, marker, dash: 'solid', size: 1, opacity: 1, shade: null, name: '', end: '', x: mine.map((r) => r.flops ?? null), y: mine.map((r) => r.loss ?? null), names: mine.map((r) => `${r.name}: N ${count(r.params)}, D ${count(r.tokens)}, loss ${sig(r.loss, 5)}`) };
    };
    const series = [side(a, 'blue', 'circle'), side(b, 'vermillion', 'square')];
    const x = extent(series.flatMap((q) => q.x), true, 0.04), y = extent(series.flatMap((q) => q.y), true, 0.06);
    if (!x || !y) return;
    const p: Panel = { x: { label: 'C = 6ND', unit: 'FLOPs', log: true, counts: false, hidden: false, range: x }, y: { label: 'validation loss', unit: 'nats/token', log: true, counts: false, hidden: false, range: y }, right: null, shade: null, series, notes: [] };
    pair.set(p);
    fill(pairKey, legend([p]));
  }

  return {
    root,
    forget: () => void (loaded = null),
    update(st) {
      s = st;
      void (async () => {
        if (loaded !== st.get('ladder')) {
          loaded = st.get('ladder');
          runs = await listRuns(null, 'done');
        }
        const able = COLUMNS.filter((c) => values(c).length > 1);
        const column = st.get('by', able[0] ?? '');
        by.offer(able.map((c) => [c, c]));
        by.show(column);
        lawIs.show(st.get('law'));
        want.show(st.get('gain'));
        const v = values(column), a = st.get('base', v[0] ?? ''), b = st.get('other', v.find((x) => x !== a) ?? '');
        base.offer(v.map((x) => [x, x]));
        other.offer(v.map((x) => [x, x]));
        base.show(a);
        other.show(b);
        if (!a || !b) {
          tell(false);
          app.says([]);
          return fill(answer, h('p', { class: 'note' }, 'All runs here are of one kind. Two ladders, or two families, in one store can be compared.'));
        }
        const q = request(st, column, a, b);
        app.says([q]);
        drawPair(column, a, b);
        fill(answer, h('p', { class: 'note' }, '…'));
        const d = await asking.ask<Comparison>(q);
        if (!d || s !== st) return;
        app.trouble(null);
        show(d, column, a, b);
      })().catch((e: Error) => {
        tell(false);
        fill(answer, h('p', { class: 'note' }, `No comparison: ${e.message}.`));
      });
    }
  };
}
