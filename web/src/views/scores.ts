// What the models can do beyond their loss: each score against scale, and where a score is told at many k, along k.
import { ask, Latest, type Request } from '../api';
import { fill, h } from '../dom';
import { count, estimate, fixed, percent, sig, type Estimate } from '../numbers';
import { Chart } from '../parts/chart';
import type { Panel, Series } from '../parts/figure';
import { legend } from '../parts/marks';
import { formula, symbol } from '../parts/formula';
import { choice, facts, group, toggle } from '../parts/controls';
import { listOptions, rowsOf } from '../parts/runs';
import { Table } from '../parts/table';
import type { State } from '../state';
import type { App, View } from '../view';
import type { Fit } from './law';
import { extent } from './ladder';

type Row = { run: string; [column: string]: number | string | null };
interface Probe { name: string; question: string; unit: string; source: string; details?: string }
interface Ability {
  verdict: string; why: string; along: string; n: number;
  metrics: Record<string, { rise?: Estimate; from?: Estimate; to?: Estimate; [k: string]: unknown }>;
  power_of: { sharp: string; smooth: string; n: number; L: Estimate; follows: boolean }[];
}

/** A law of one variable along the runs, as fit --values gives it. */
interface Drawn { x: number[]; y: (number | null)[]; lo: (number | null)[]; hi: (number | null)[] }
const LAWS: [string, string][] = [['power_floor', 'power law with a floor'], ['rise', 'rise between two levels'], ['power', 'power law']];

const ALONG: [string, string][] = [['flops', 'compute'], ['params', 'parameters'], ['tokens', 'tokens'], ['loss', 'loss']];

export function scores(app: App): View {
  let s: State | null = null, rows: Row[] = [], loaded: string | null = null, probes: Probe[] = [];
  const asking = new Latest(), fitting = new Latest();
  const chart = new Chart({ label: 'the score against scale', height: 360 });
  const keyBox = h('div'), words = h('p', { class: 'note' }), verdict = h('div'), fitBox = h('div'), about = h('div');
  const metric = choice('score', [], (v) => app.go({ y: v, second: null }));
  const along = choice('against', ALONG, (v) => app.go({ along: v }));
  const second = choice('beside, smooth or sharp', [], (v) => app.go({ second: v }), 'a second metric of the same ability');
  const lawIs = choice('law', LAWS, (v) => app.go({ slaw: v === 'power_floor' ? null : v }));
  const logy = toggle('log y', (v) => app.go({ logy: v ? '1' : null }));
  const table = new Table<Row>({ name: 'scores', label: 'scores of the runs', id: (r) => r.run, columns: [{ key: 'run', head: 'run', value: (r) => r.run, left: true }], height: 10 });
  const tableBox = h('div', {}, table.root);
  const empty = h('p', { class: 'empty' });

  const root = h('div', { class: 'view scores' },
    h('div', { class: 'cols' },
      h('div', { class: 'main' }, empty, h('figure', {}, chart.root, keyBox), words, tableBox),
      h('aside', { class: 'side' }, group('what is shown', metric.root, along.root, logy.root, second.root), group('sharp or smooth', verdict), group('its law', lawIs.root, fitBox), group('the probe', about))));

  const metrics = () => [...new Set(rows.flatMap((r) => Object.keys(r)))].filter((k) => k.includes('.') && !k.endsWith('_se') && rows.some((r) => typeof r[k] === 'number')).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  /** probe.metric.100 is probe.metric at 100. */
  const family = (m: string): [string, number] | null => {
    const x = /^(.+)\.(\d+(?:\.\d+)?)$/.exec(m);
    return x ? [x[1] as string, Number(x[2])] : null;
  };

  function offered(): [string, string][] {
    const out = new Map<string, string>(), size = new Map<string, number>();
    for (const m of metrics()) {
      const f = family(m);
      if (f) size.set(f[0], (size.get(f[0]) ?? 0) + 1);
    }
    for (const m of metrics()) {
      const f = family(m);
      if (f && (size.get(f[0]) ?? 0) > 2) out.set(`${f[0]}.*`, `${f[0]}, along its k`);
      out.set(m, m);
    }
    return [...out];
  }

  /** The score that is looked at: where none is chosen, the first that a probe gave. */
  function chosen(st: State): string {
    const list = offered().map(([m]) => m);
    return st.get('y') || (list.find((m) => !m.startsWith('noise.')) ?? list[0] ?? '');
  }

  function draw(st: State): void {
    const list = offered(), y = chosen(st);
    metric.offer(list);
    metric.show(y);
    second.offer([['', 'none'], ...list.filter(([k]) => !k.endsWith('.*') && k !== y)]);
    second.show(st.get('second'));
    along.show(st.get('along', 'flops'));
    logy.show(st.get('logy'));
    empty.hidden = list.length > 0;
    fill(empty, 'No score is in this store. Take some: loglog probe run position, or another of loglog probe list.');
    (chart.root.parentElement as HTMLElement).hidden = list.length === 0;
    tableBox.hidden = list.length === 0;
    if (!list.length) return;
    drawPanel(st, null);
    retable(y);
    showProbe(y);
  }

  function drawPanel(st: State, d: (Fit & { values?: Drawn }) | null): void {
    const y = chosen(st), p = y.endsWith('.*') ? alongK(y.slice(0, -2), st) : againstScale(y, st, d);
    if (!p) return;
    chart.set(p);
    fill(keyBox, legend([p]));
  }

  const probeOf = (y: string) => probes.find((x) => y === x.name || y.startsWith(`${x.name}.`));
  /** In the probe's own words; nothing where its scores have several units. */
  const unitOf = (y: string): string => (/,|;| and /.test(probeOf(y)?.unit ?? '') ? '' : (probeOf(y)?.unit ?? ''));
  const base = { dash: 'solid', opacity: 1, shade: null, end: '', name: '' };
  const num = (v: unknown): number | null => (typeof v === 'number' ? v : null);

  /** Of the score that is looked at, its law as a line in its interval. */
  function lineOf(d: Fit & { values?: Drawn }): Series[] {
    const v = d.values;
    if (!v) return [];
    const line: Series = { ...base, kind: 'line', label: `its law, ${d.form}`, name: `law ${d.law}`, colour: 'blue', marker: '', size: 1, x: v.x, y: v.y };
    const level = Object.values(d.params).find((e) => e.level)?.level;
    return level ? [{ ...line, kind: 'band', label: `${Math.round(100 * level)} % confidence of the law`, opacity: 0.16, lo: v.lo, hi: v.hi }, line] : [line];
  }

  function againstScale(y: string, st: State, d: (Fit & { values?: Drawn }) | null): Panel | null {
    const x = st.get('along', 'flops'), log = st.has('logy'), names = [y, ...(st.get('second') ? [st.get('second')] : [])];
    const series: Series[] = names.map((m, i) => {
      const with_ = rows.filter((r) => num(r[m]) !== null && num(r[x]) !== null);
      const se = (r: Row) => num(r[`${m}_se`]);
      return { ...base, kind: 'points', label: m, colour: i ? 'vermillion' : 'blue', marker: i ? 'square' : 'circle', size: 1.2, x: with_.map((r) => num(r[x])), y: with_.map((r) => num(r[m])),
        lo: with_.map((r) => (se(r) === null ? null : (num(r[m]) ?? 0) - 1.645 * (se(r) ?? 0))), hi: with_.map((r) => (se(r) === null ? null : (num(r[m]) ?? 0) + 1.645 * (se(r) ?? 0))),
        names: with_.map((r) => `${r.run}: ${m} ${sig(num(r[m]), 4)}${se(r) !== null ? ` ± ${sig(se(r), 2)}` : ''}`), runs: with_.map((r) => r.run) };
    });
    fill(words, 'Bars: 90 % confidence intervals of the measurement, 1.645 standard errors to each side.');
    const all = [...(d ? lineOf(d) : []), ...series];
    return panelOf(all, ALONG.find((a) => a[0] === x)?.[1] ?? x, x === 'flops' ? 'FLOPs' : x === 'loss' ? 'nats/token' : '', x !== 'loss', x === 'params' || x === 'tokens', names.length > 1 ? 'scores' : y, names.length > 1 ? '' : unitOf(y), log);
  }

  function alongK(stem: string, st: State): Panel | null {
    const at = metrics().map((m) => ({ m, f: family(m) })).filter((x) => x.f?.[0] === stem).sort((a, b) => (a.f?.[1] ?? 0) - (b.f?.[1] ?? 0));
    const sizes = rows.map((r) => num(r['params'])).filter((v): v is number => v !== null);
    const series: Series[] = rows.filter((r) => at.some((a) => num(r[a.m]) !== null)).flatMap((r): Series[] => {
      const pts = at.filter((a) => num(r[a.m]) !== null);
      const xs = pts.map((a) => a.f?.[1] ?? null), ys = pts.map((a) => num(r[a.m]));
      return [{ ...base, kind: 'line', label: '', colour: 'blue', marker: '', size: 0.9, shade: num(r['params']), x: xs, y: ys, name: r.run },
        { ...base, kind: 'points', label: '', colour: 'blue', marker: 'circle', size: 0.7, x: xs, y: ys, shades: pts.map(() => num(r['params'])), names: pts.map((a) => `${r.run}, ${a.f?.[1]}: ${sig(num(r[a.m]), 4)}`) }];
    });
    fill(words, 'A line for each run, coloured by its size.');
    const p = panelOf(series, `k of ${stem}`, '', true, true, stem, unitOf(stem), st.has('logy'));
    if (p && sizes.length > 1) p.shade = { label: 'N, parameters', unit: '', log: true, counts: true, hidden: false, range: [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))] };
    return p;
  }

  function panelOf(series: Series[], xl: string, xu: string, logx: boolean, counts: boolean, yl: string, yu: string, logyOn: boolean): Panel | null {
    const x = extent(series.flatMap((q) => q.x), logx, 0.04), y = extent(series.flatMap((q) => [...q.y, ...(q.lo ?? []), ...(q.hi ?? [])]), logyOn, 0.06);
    if (!x || !y) return null;
    return { x: { label: xl, unit: xu, log: logx, counts, hidden: false, range: x }, y: { label: yl, unit: yu, log: logyOn, counts: false, hidden: false, range: y }, right: null, shade: null, series, notes: [] };
  }

  let columnsFor = '';
  let inner: Table<Row> = table;
  function retable(y: string): void {
    const stem = y.endsWith('.*') ? y.slice(0, -2) : (family(y)?.[0] ?? y.split('.').slice(0, -1).join('.'));
    const ms = metrics().filter((m) => m === y || m.startsWith(`${stem}.`)).slice(0, 14);
    if (ms.join() !== columnsFor) {
      columnsFor = ms.join();
      inner = new Table<Row>({ name: 'scores', label: 'scores of the runs', id: (r) => r.run, height: 10, columns: [
        { key: 'run', head: 'run', value: (r) => r.run, left: true, wide: 16 }, { key: 'params', head: 'N', value: (r) => num(r['params']), text: (r) => count(num(r['params'])) }, { key: 'loss', head: 'loss', value: (r) => num(r['loss']), text: (r) => fixed(num(r['loss']), 4) },
        ...ms.map((m) => ({ key: m, head: m.split('.').slice(1).join('.') || m, title: m, wide: 11, value: (r: Row) => num(r[m]), text: (r: Row) => sig(num(r[m]), 4) }))] });
      fill(tableBox, inner.root);
    }
    inner.set(rows);
  }

  function showProbe(y: string): void {
    const p = probeOf(y);
    fill(about, p ? h('div', {}, h('b', {}, p.name), h('p', {}, p.question), h('p', { class: 'note' }, `${p.unit}. ${p.source}`)) : h('p', { class: 'note' }, 'none'));
  }

  const listed = (ladder: string | null) => ({ ...listOptions(ladder), columns: 'id,name,params,tokens,flops,loss,scores' });
  function abilityRequest(st: State): Request | null {
    const y = chosen(st);
    return y && st.get('second') && !y.endsWith('.*') ? { verb: 'compare', options: { metrics: `${y},${st.get('second')}`, x: st.get('along', 'flops'), ladder: st.get('ladder') } } : null;
  }
  function fitRequest(st: State): Request | null {
    const y = chosen(st);
    return y && !y.endsWith('.*') ? { verb: 'fit', options: { law: st.get('slaw', 'power_floor'), y, x: st.get('along', 'flops'), ladder: st.get('ladder') } } : null;
  }

  async function decide(st: State): Promise<void> {
    const from = await app.ladder(st);
    const q = abilityRequest(st), f = fitRequest(st);
    app.says([{ verb: 'runs list', options: listed(from) }, ...(q ? [q] : []), ...(f ? [f] : [])]);
    fill(verdict, h('p', { class: 'note' }, q ? '…' : 'choose a second metric of the same ability'));
    if (q) {
      const d = await asking.ask<Ability>(q).catch((e: Error) => (fill(verdict, h('p', { class: 'note' }, e.message)), null));
      if (d) {
        const rise = Object.entries(d.metrics).map(([m, v]): [string, string, string] => {
          const e = (v['rise'] ?? v['sharpness'] ?? Object.values(v).find((x) => x && typeof x === 'object' && 'value' in (x as object))) as Estimate | undefined;
          return [m, e ? estimate(e).value : '–', e ? estimate(e).range : ''];
        });
        fill(verdict, h('p', { class: 'big' }, d.verdict), h('p', {}, d.why), facts(rise));
      }
    }
    lawIs.show(st.get('slaw', 'power_floor'));
    lawIs.root.hidden = !f;
    if (!f) return fill(fitBox, h('p', { class: 'note' }, 'choose a single score'));
    await fitNow(st, f);
  }

  async function fitNow(st: State, f: Request): Promise<void> {
    fill(fitBox, h('p', { class: 'note' }, '…'));
    const d = await fitting.ask<Fit & { values?: Drawn }>({ ...f, options: { ...f.options, 'no-outlook': true, values: true } }).catch((e: Error) => (s === st && fill(fitBox, h('p', { class: 'note' }, `no law: ${e.message}`)), null));
    if (!d || s !== st) return;
    drawPanel(st, d);
    const rows = Object.entries(d.params).map(([k, e]): [Node, string, string] => {
      const t = estimate(e, Math.abs(e.value ?? 0) >= 1e4);
      return [h('span', {}, ...symbol(k)), t.value, t.range];
    });
    fill(fitBox, h('p', { class: 'equation' }, formula(d.form)), facts(rows), d.diagnostics?.residual_sd !== undefined ? h('small', {}, `scatter ${percent(d.diagnostics.residual_sd, 1)}`) : null);
  }

  return {
    root,
    forget: () => void (loaded = null),
    update(st) {
      s = st;
      void (async () => {
        if (loaded !== st.get('ladder')) {
          loaded = st.get('ladder');
          const [d, list] = await Promise.all([
            ask<{ n: number; columns: Record<string, (string | number | null)[]> }>({ verb: 'runs columns', options: { ...listed(await app.ladder(st)), state: 'done' } }),
            ask<{ probes: Probe[] }>({ verb: 'probe list' })]);
          rows = rowsOf(d).map((r) => ({ ...r, run: String(r['name'] || r['id']) }));
          probes = list.probes;
        }
        if (s !== st) return;
        draw(st);
        await decide(st);
      })().catch((e: Error) => app.trouble(e.message));
    }
  };
}
