// What a run of any N and D will reach: drag the point. Seal it, and see how the sealed ones have held.
import { ask, following, Latest } from '../api';
import { fill, h } from '../dom';
import { count, digitsOf, estimate, fixed, parseCount, percent, plain, power, sig, type Estimate } from '../numbers';
import { Chart } from '../parts/chart';
import type { Panel, Series } from '../parts/figure';
import { legend } from '../parts/marks';
import { button, facts, field, group, slider } from '../parts/controls';
import { fans, type Distribution } from '../parts/fan';
import { Table } from '../parts/table';
import { fitOptions, type State } from '../state';
import type { App, View } from '../view';
import { lawChoice, type Figures } from './law';
import { listRuns, type Run } from '../parts/runs';
import { extent } from './ladder';

interface At { params: number; tokens: number; flops: number; reach?: number; forecast: Distribution; law: Estimate; loss_unit: string; n: number }
interface Sealed {
  seq: number; hash: string;
  forecast: { run: string; question?: string; author?: string; sealed: string; law?: string; at?: { params: number; tokens: number }; quantiles?: Record<string, number> };
  score?: { outcome: number; median: number; ci90: [number, number]; covered90: boolean | null; pit?: number; interval_score: number; log_score: number } | null;
}
interface Ledger { forecasts: Sealed[]; others: Sealed[]; judged: number; covered90: number; entries: number; head: string; remarks: unknown[] }

export function forecast(app: App): View {
  let s: State | null = null, drawnFor = '', panel: Panel | null = null;
  const asking = new Latest(), plotting = new Latest();
  const plane = new Chart({ label: 'parameters against tokens: drag the point, or move it with the arrow keys', height: 380, onHandle: (x, y, done) => move(x, y, done) });
  const keyBox = h('div'), answer = h('div', { class: 'answer' }), fanBox = h('div');
  const calibration = new Chart({ label: 'calibration of the scored forecasts', height: 280 }), past = new Chart({ label: 'what was forecast and what came', height: 280 });
  const calBox = h('figure', {}), pastBox = h('figure', {}), ledgerWords = h('p', { class: 'note' });
  const lawIs = lawChoice((v) => app.go({ law: v }));
  const sliderOf = (label: string, key: string) => slider(label, { from: 1e3, to: 1e13, text: (v) => count(v), parse: parseCount, plain: (v) => plain(v, 4), on: (v, done) => set({ [key]: v }, done) });
  const N = sliderOf('N, parameters', 'params'), D = sliderOf('D, tokens', 'tokens');
  const sealBox = h('div', { class: 'seal' });
  const table = new Table<Sealed>({
    name: 'forecasts', label: 'sealed forecasts', id: (r) => r.hash, height: 8, sort: '-seq', onPick: (r) => r.forecast.at && app.go({ params: plain(r.forecast.at.params, 6), tokens: plain(r.forecast.at.tokens, 6) }),
    columns: [
      { key: 'seq', head: '#', value: (r) => r.seq, wide: 4 },
      { key: 'run', head: 'run', value: (r) => r.forecast.run || r.forecast.question || '', text: (r) => (r.forecast.run ?? '').split('/').pop() || r.forecast.question || '–', left: true, wide: 16 },
      { key: 'author', head: 'by', value: (r) => r.forecast.author ?? '', left: true, wide: 8 },
      { key: 'sealed', head: 'sealed', value: (r) => r.forecast.sealed, text: (r) => r.forecast.sealed.slice(0, 16).replace('T', ' '), left: true, wide: 16 },
      { key: 'median', head: 'median', title: 'of the loss that was forecast, as are 5 % and 95 %', value: (r) => r.forecast.quantiles?.['0.5'], text: (r) => sealedText(r, '0.5') },
      { key: 'lo', head: '5 %', value: (r) => r.forecast.quantiles?.['0.05'], text: (r) => sealedText(r, '0.05') },
      { key: 'hi', head: '95 %', value: (r) => r.forecast.quantiles?.['0.95'], text: (r) => sealedText(r, '0.95') },
      { key: 'outcome', head: 'outcome', value: (r) => r.score?.outcome, text: (r) => (r.score ? sig(r.score.outcome, 5) : '–') },
      { key: 'inside', head: '90 % interval', title: 'whether the outcome lies between 5 % and 95 %', value: (r) => (r.score ? (r.score.covered90 == null ? 'not stated' : r.score.covered90 ? 'yes' : 'no') : ''), text: (r) => (r.score ? (r.score.covered90 == null ? 'not stated' : r.score.covered90 ? '● inside' : '▲ outside') : '○ to come'), mark: (r) => (r.score ? (r.score.covered90 == null ? '' : r.score.covered90 ? 'in' : 'off') : ''), left: true, wide: 10 },
      { key: 'pit', head: 'PIT', title: 'share of the forecast below what came', value: (r) => r.score?.pit, text: (r) => fixed(r.score?.pit, 2) },
      { key: 'log_score', head: 'log score', value: (r) => r.score?.log_score, text: (r) => fixed(r.score?.log_score, 2) }
    ]
  });

  const root = h('div', { class: 'view forecast' },
    h('div', { class: 'cols' },
      h('div', { class: 'main' }, h('figure', {}, h('figcaption', {}, 'the run that is asked about: drag the diamond'), plane.root, keyBox), fanBox),
      h('aside', { class: 'side' }, h('section', { class: 'group answer' }, answer), group('the run', N.root, D.root, lawIs.root), group('seal it', sealBox))),
    h('section', {}, h('h2', { class: 'rule' }, 'the ledger'), ledgerWords, table.root, h('div', { class: 'pair' }, pastBox, calBox)));

  function set(change: Record<string, string>, done: boolean): void {
    if (done) app.go(change);
    else {
      const n = change['params'] ?? s?.get('params') ?? '', d = change['tokens'] ?? s?.get('tokens') ?? '';
      plane.setHandle(Number(n), Number(d));
      peek([n, d]);
    }
  }
  function move(x: number, y: number, done: boolean): void {
    const n = plain(x, 3), d = plain(y, 3);
    N.show(n);
    D.show(d);
    if (done) app.go({ params: n, tokens: d });
    else peek([n, d]);
  }
  /** While it is dragged, with fewer draws. */
  const peek = following(([n, d]: [string, string]) => query(n, d, 200));

  async function query(n: string, d: string, draws: number | null): Promise<void> {
    if (!s || !(Number(n) > 0 && Number(d) > 0)) return;
    try {
      const doc = await asking.ask<At>({ verb: 'forecast at', options: { ...fitOptions(s), ...(draws ? { bootstrap: draws } : {}), params: n, tokens: d } });
      if (!doc) return;
      app.trouble(null);
      showAt(doc, draws !== null);
    } catch (e) {
      app.trouble((e as Error).message);
    }
  }

  function showAt(a: At, rough: boolean): void {
    const f = estimate(a.forecast), l = estimate(a.law), level = (e: Estimate) => `${Math.round(100 * (e.level ?? 0.9))}\u00a0%`;
    fill(answer, h('p', {}, 'loss that the run will reach'), h('p', { class: 'big' }, f.value, h('small', {}, ` ${a.loss_unit}`)),
      h('p', { class: 'range' }, `${f.range}, ${level(a.forecast)} predictive interval${rough ? ', while it moves' : ''}`),
      facts([["law's curve", l.value, l.range ? `${l.range}, ${level(a.law)} confidence` : ''], ['N', count(a.params, 4), 'parameters'], ['D', count(a.tokens, 4), 'tokens'], ['C', power(a.flops, 3), 'FLOPs'],
        ['reach', a.reach != null ? `${sig(a.reach, 3)}×` : '–', 'the compute of the largest run fitted'], ['fitted to', `${a.n} runs`]]),
      h('p', { class: 'note' }, "Believe the predictive interval first: it is for one run, with the scatter of runs and the doubt about the law's form. The confidence interval is for the law's curve alone, and a run may well end outside it."));
    fill(fanBox, fans([{ label: 'predictive: what one run will reach', of: a.forecast }, { label: "confidence: where the law's curve lies", of: a.law }], a.loss_unit));
  }

  async function drawPlane(st: State): Promise<void> {
    const options = fitOptions(st), key = JSON.stringify(options);
    if (key !== drawnFor) {
      const [list, plot] = await Promise.all([
        listRuns(await app.ladder(st), 'done'),
        plotting.ask<Figures>({ verb: 'plot', args: ['all'], options: { ...options } })]);
      if (!plot || s !== st) return;
      drawnFor = key;
      panel = plan(list.filter((r) => r.params && r.tokens), plot);
      showFigures(plot);
      const compute = (r: Run) => r.flops || 6 * (r.params ?? 0) * (r.tokens ?? 0); // a table need not tell it
      const largest = list.filter((r) => r.params && r.tokens).reduce<Run | null>((a, r) => (a === null || compute(r) > compute(a) ? r : a), null);
      if (!st.has('params') && largest) return app.go({ params: plain(largest.params as number), tokens: plain(largest.tokens as number) }, true);
    }
    if (!panel) return;
    const n = Number(st.get('params')), d = Number(st.get('tokens'));
    const x = extent([...panel.x.range, n], true, 0), y = extent([...panel.y.range, d], true, 0);
    panel = { ...panel, x: { ...panel.x, range: x ?? panel.x.range }, y: { ...panel.y, range: y ?? panel.y.range } };
    plane.set(panel, { handle: n > 0 && d > 0 ? [n, d] : null });
    fill(keyBox, legend([panel]));
  }

  /** Runs, and the path of lowest loss, whose N and D the frontier's figure holds for each C. */
  function plan(runs: Run[], plot: Figures): Panel {
    const f = plot.figures.find((x) => x.name === 'frontier')?.panels[0];
    const of = (label: string) => f?.series.find((x) => x.kind === 'line' && x.label.startsWith(label));
    const n = of('N'), d = of('D');
    const base = { dash: 'solid', opacity: 1, shade: null, name: '', end: '' };
    const points: Series = { ...base, kind: 'points', label: 'runs', colour: 'blue', marker: 'circle', size: 1, x: runs.map((r) => r.params as number), y: runs.map((r) => r.tokens as number), names: runs.map((r) => `${r.name}: N ${count(r.params)}, D ${count(r.tokens)}, loss ${sig(r.loss, 5)}`), runs: runs.map((r) => r.id) };
    const series: Series[] = [points];
    if (n && d) series.unshift({ ...base, kind: 'line', label: 'lowest loss for its compute, by the law', colour: 'green', marker: '', dash: 'dashed', size: 1, x: n.y, y: d.y });
    const x = extent([...points.x, ...points.x.map((v) => (v ?? 0) * 30)], true, 0.08) ?? [1e3, 1e9], y = extent([...points.y, ...points.y.map((v) => (v ?? 0) * 30)], true, 0.08) ?? [1e6, 1e12];
    return {
      x: { label: 'N, parameters', unit: '', log: true, counts: true, hidden: false, range: x },
      y: { label: 'D, training tokens', unit: '', log: true, counts: true, hidden: false, range: y }, right: null, shade: null, series, notes: []
    };
  }

  function showFigures(plot: Figures): void {
    for (const [name, chart, box] of [['forecast', past, pastBox], ['calibration', calibration, calBox]] as const) {
      const f = plot.figures.find((x) => x.name === name);
      if (!f?.panels[0]) fill(box, h('figcaption', {}, name === 'forecast' ? 'what was forecast, and what came' : 'calibration'), h('p', { class: 'note' }, plot.skipped?.[name] ?? 'nothing yet'));
      else {
        fill(box, h('figcaption', {}, f.title), chart.root, legend(f.panels));
        chart.set(f.panels[0]);
      }
    }
  }

  async function loadLedger(): Promise<void> {
    const d = await ask<Ledger>({ verb: 'forecast list' });
    table.set([...d.forecasts, ...(d.others ?? [])]);
    fill(ledgerWords, d.entries === 0 ? 'Nothing is sealed yet.' : `${d.judged} of these forecasts scored${d.judged ? `: ${percent(d.covered90)} of the outcomes inside the 90 % interval that was sealed` : ''}. ${d.entries} entries, each with the hash of the one before; the last is ${d.head.slice(0, 16)}…`);
  }

  function showSeal(st: State): void {
    const options = { ...fitOptions(st), params: st.get('params') || null, tokens: st.get('tokens') || null };
    if (!app.page.writable) {
      return fill(sealBox, h('p', { class: 'note' }, 'This page reads only. The command line below seals it; or start serve with --token-file.'));
    }
    const said: Record<string, string> = {};
    const keep = (key: string) => (v: string) => void (said[key] = v);
    const q = field('question', keep('question'), { placeholder: 'made from the run' }), a = field('author', keep('author')), k = field('key', keep('key'), { placeholder: 'file on the server' });
    const out = h('p', { class: 'note', role: 'status' });
    fill(sealBox, q.root, a.root, k.root, button('seal this forecast', () => void seal()), out);
    async function seal(): Promise<void> {
      try {
        const d = await app.write<{ run: string }>('/api/seal', { ...options, ...said });
        if (!d) return;
        fill(out, `sealed: ${d.run}`);
        await loadLedger();
      } catch (e) {
        fill(out, (e as Error).message);
      }
    }
  }

  return {
    root,
    forget: () => void (drawnFor = ''),
    keys: [['← → ↑ ↓', 'move the point, Shift for far']],
    update(st) {
      const first = s === null;
      s = st;
      lawIs.show(st.get('law'));
      N.show(st.get('params'));
      D.show(st.get('tokens'));
      const asked = { ...fitOptions(st), params: st.get('params') || null, tokens: st.get('tokens') || null };
      app.says([{ verb: 'forecast at', options: asked }, { verb: 'forecast seal', options: asked }, { verb: 'forecast list' }]);
      showSeal(st);
      void drawPlane(st).catch((e: Error) => app.trouble(e.message));
      void query(st.get('params'), st.get('tokens'), null);
      if (first) void loadLedger().catch((e: Error) => app.trouble(e.message));
    },
    event(name) {
      if (name === 'ledger') {
        drawnFor = '';
        void loadLedger();
      }
    }
  };
}

function sealedText(r: Sealed, q: string): string {
  const of = r.forecast.quantiles;
  if (!of || of[q] === undefined) return '–';
  const e = { value: of['0.5'] ?? null, ci: [of['0.05'] ?? NaN, of['0.95'] ?? NaN] as [number, number] };
  return sig(of[q], digitsOf(e));
}
