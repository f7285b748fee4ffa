// The triptych and the valleys. What is fitted is chosen by hand: drag the window, click a run, pin E; the server refits.
import { ask, following, Latest } from '../api';
import { fill, h, put } from '../dom';
import { estimate, fixed, percent, plain, power, type Estimate } from '../numbers';
import { Chart } from '../parts/chart';
import type { Figure, Panel, Series } from '../parts/figure';
import { legend } from '../parts/marks';
import { formula, symbol } from '../parts/formula';
import { button, choice, facts, field, group } from '../parts/controls';
import { Table } from '../parts/table';
import { fitOptions, MOVING, type State } from '../state';
import type { App, View } from '../view';

export interface Fit {
  law: string; form: string; n: number; dropped: number;
  params: Record<string, Estimate>;
  derived?: Record<string, Estimate | number | string | null | unknown>;
  objective: { name: string; value?: number };
  convention?: Record<string, string>;
  resampling?: { kind: string; draws: number };
  diagnostics?: {
    residual_sd?: number; warnings?: string[]; stop?: string; influence?: { run?: string; row?: number; se: number }[];
    conventions?: { params: string; flops: string; used: boolean; a: number | null; b: number | null }[];
  };
  outlook?: { flops: number; params: number; tokens: number; forecast: Estimate; law: Estimate; reach: number };
  wall_s: number;
}
interface LawInfo { name: string; form: string; variables: string[]; source: string }
export interface Figures { figures: Figure[]; skipped?: Record<string, string>; fit?: Fit }
interface Run { name: string; params?: number; tokens?: number; loss?: number }
interface At { forecast: Estimate }
interface LeftOut { run: string; x: (number | null)[] }

export const OBJECTIVES: [string, string][] = [['', 'Huber, log loss'], ['lad_log', 'absolute, log loss'], ['ls_log', 'squares, log loss'], ['ls', 'squares']];

const JUDGED = 6; // runs left out that are held against the forecast of the rest

let laws: Promise<LawInfo[]> | null = null;
export function lawNames(): Promise<LawInfo[]> {
  laws ??= ask<{ laws: LawInfo[] }>({ verb: 'laws' }).then((d) => d.laws);
  return laws;
}

/** The laws that runs of N and D alone can be fitted by. */
export function lawChoice(on: (v: string) => void) {
  const c = choice('law', [['', 'chinchilla']], on);
  let want = '';
  void lawNames().then((list) => {
    const fits = list.filter((l) => l.variables.every((v) => ['params', 'tokens', 'flops', 'x', 'unique_tokens'].includes(v)));
    c.offer([['', 'chinchilla'], ...fits.filter((l) => l.name !== 'chinchilla').map((l): [string, string] => [l.name, l.name])]);
    c.show(want);
  });
  return { root: c.root, show: (v: string) => (c.show((want = v)), undefined) };
}

export function law(app: App): View {
  let s: State | null = null;
  let settled = false; // something is drawn with its intervals
  let whole: Figure[] = [], wholeKey = ''; // of all runs, where those that are left out stand
  const drawing = new Latest(), drawingAll = new Latest(), fitting = new Latest(), judging = new Latest();
  const charts = ['compute', 'data', 'parameters'].map((what, i) => new Chart({
    label: `loss against ${what}, with the law`, height: 320, quietY: i > 0, onPick: toggleRun,
    ...(i === 0 ? { onWindow: (lo: number | null, hi: number | null, done: boolean) => setWindow(lo, hi, done) } : {})
  }));
  const valleys = new Chart({ label: 'isoFLOP valleys: loss against parameters at equal compute', height: 280, onPick: toggleRun });
  const residuals = new Chart({ label: 'residuals of the runs from the law', height: 280, onPick: toggleRun });
  const keys = h('div'), keys2 = h('div'), equation = h('p', { class: 'equation' }), params = h('div'), warnings = h('ul', { class: 'warnings' });
  const valleyBox = h('figure', {}, h('figcaption', {}, 'isoFLOP valleys'), valleys.root, keys2), valleyNone = h('p', { class: 'note' });
  const took = h('small', { class: 'took' });
  const outs = h('div', { class: 'outs' }), counts = h('div');
  const residualBox = h('figure', {}, h('figcaption', {}, 'residuals from the law, per cent'), residuals.root);

  const pair = h('div', { class: 'pair' }, valleyBox, residualBox), caption = h('p', { class: 'note' });
  const hint = h('p', { class: 'note' }, 'Drag across the first panel: only runs in that window of compute are fitted; its edges can be moved. Click a run to leave it out, click again to take it back.');
  const reading = h('details', {}, h('summary', {}, 'how to read these figures'), caption);

  const lawIs = lawChoice((v) => app.go({ law: v }));
  const objective = choice('objective', OBJECTIVES, (v) => app.go({ objective: v }));
  const pin = field('pin a parameter', (v) => app.go({ fix: v && !v.includes('=') ? `E=${v}` : v }), { placeholder: 'E=1.7', hint: 'held while the others are fitted' });
  const from = field('C from', (v) => app.go({ lo: v }), { placeholder: 'all' });
  const to = field('C to', (v) => app.go({ hi: v }), { placeholder: 'all' });
  const infl = new Table<{ run: string; se: number }>({
    name: 'influence', label: 'influence of single runs', id: (r) => r.run, height: 6, onPick: (r) => toggleRun(r.run),
    columns: [{ key: 'run', head: 'without run', value: (r) => r.run, left: true, wide: 14 }, { key: 'se', head: 'it moves by', title: 'the last exponent, in its standard errors (se)', value: (r) => r.se, text: (r) => `${fixed(r.se, 2)} se` }]
  });

  const under = h('div', { class: 'under' }, group('what to worry about', warnings), group('left out, and what they say', outs), group('influence of single runs on the last exponent', infl.root), group('exponents by how N and C are counted', counts));

  const root = h('div', { class: 'view law' },
    h('div', { class: 'cols' },
      h('div', { class: 'main' },
        h('div', { class: 'triptych' }, ...charts.map((c) => c.root)), keys, reading,
        hint,
        pair),
      h('aside', { class: 'side' },
        h('section', { class: 'group answer' }, equation, params, took),
        group('what is fitted', lawIs.root, objective.root, pin.root, h('div', { class: 'two' }, from.root, to.root),
          h('div', { class: 'buttons' }, button('all runs', () => app.go({ lo: null, hi: null, out: null }), 'no window, none left out'), button('unpin', () => app.go({ fix: null })))))),
    under);

  /** Nothing stands below figures that there are not yet. */
  const drawn = (on: boolean) => [reading, hint, pair, under].forEach((x) => (x.hidden = !on));
  drawn(false);

  function toggleRun(run: string): void {
    if (!s) return;
    const out = s.all('out');
    app.go({ out: out.includes(run) ? out.filter((r) => r !== run) : [...out, run] });
  }

  /** While it is dragged, the law alone; when it is let go, its intervals too. */
  function setWindow(lo: number | null, hi: number | null, done: boolean): void {
    const change = { lo: lo === null ? null : plain(lo, 3), hi: hi === null ? null : plain(hi, 3) };
    if (!done) return peek(change);
    const before = s;
    app.go(change);
    if (s && s === before) void refresh(s); // back where it was
  }
  const peek = following(async (w: { lo: string | null; hi: string | null; first?: boolean }) => {
    const st = s, begun = performance.now();
    if (!st) return;
    const options = { ...fitOptions(st.with({ lo: w.lo, hi: w.hi })), ...MOVING };
    const d = await ask<Figures>({ verb: 'plot', args: ['triptych'], options }).catch(() => null); // a window with too few runs has no law
    const f = d?.fit;
    if (!d || !f || s !== st || (w.first && settled)) return;
    show(d.figures[0], [Number(w.lo) || null, Number(w.hi) || null]);
    showLaw(f);
    under.classList.add('stale');
    took.textContent = `refitted in ${Math.round(performance.now() - begun)} ms: the law alone, its intervals and doubts ${w.first ? 'follow' : 'come when the hand rests'}`;
  });

  /** The figure of the fitted runs, and over it, hollow, those that are left out, where they stand in that of all. */
  function withOut(panels: Panel[], all: Panel[] | undefined): Panel[] {
    const fitted = new Set(panels.flatMap((p) => p.series.flatMap((x) => x.runs ?? [])));
    return panels.map((p, i) => {
      const hollow: Series = { kind: 'points', label: 'left out', colour: 'grey', marker: 'ring', dash: 'solid', size: 1, opacity: 1, shade: null, name: '', end: '', x: [], y: [], names: [], runs: [] };
      for (const x of all?.[i]?.series ?? []) x.runs?.forEach((run, k) => {
        if (!run || fitted.has(run)) return;
        hollow.x.push(x.x[k] ?? null);
        hollow.y.push(x.y[k] ?? null);
        hollow.names?.push(x.names?.[k] ?? run);
        hollow.runs?.push(run);
      });
      const wide = all?.[i];
      return { ...p, ...(wide ? { x: { ...p.x, range: wide.x.range }, y: { ...p.y, range: wide.y.range } } : {}), series: hollow.x.length ? [...p.series, hollow] : p.series };
    });
  }

  const figureOf = (name: string) => whole.find((f) => f.name === name)?.panels;

  function show(f: Figure | undefined, w?: [number | null, number | null]): void {
    if (!f) return;
    drawn(true);
    const panels = withOut(f.panels, figureOf('triptych'));
    const win: [number | null, number | null] | null = w ?? (s && (s.has('lo') || s.has('hi')) ? [Number(s.get('lo')) || null, Number(s.get('hi')) || null] : null);
    panels.forEach((p, i) => charts[i]?.set(p, i === 0 ? { window: win } : {}));
    fill(keys, legend(panels));
    fill(caption, f.caption);
  }

  function showLaw(f: Fit): void {
    fill(equation, 'L = ', formula(f.form));
    const rows: [string | Node, string | Node, string?][] = Object.entries(f.params).map(([name, e]) => {
      const big = Math.abs(e.value ?? 0) >= 1e4, t = estimate(e, big);
      return [h('span', {}, ...symbol(name)), t.value, t.range];
    });
    for (const k of ['a', 'b']) {
      const e = f.derived?.[k] as Estimate | undefined;
      if (e && typeof e === 'object' && 'value' in e) rows.push([h('span', {}, k === 'a' ? 'N ∝ C' : 'D ∝ C', h('sup', {}, k)), estimate(e).value, estimate(e).range]);
    }
    if (f.diagnostics?.residual_sd !== undefined) rows.push(['scatter', percent(f.diagnostics.residual_sd, 2), "of a run's loss about the law"]);
    if (f.outlook) {
      const t = estimate(f.outlook.forecast);
      rows.push(['forecast', t.value, `${t.range} at C\u00a0${power(f.outlook.flops, 2)}`]);
    }
    rows.push(['runs', String(f.n), f.dropped ? `${f.dropped} dropped` : '']);
    const level = Object.values(f.params).find((e) => e.level)?.level;
    fill(params, facts(rows), h('small', {}, level ? `${Math.round(100 * level)} % intervals by ${f.resampling?.draws ?? 0} draws, ${f.resampling?.kind ?? ''} resampling: confidence of the parameters, predictive of the forecast` : ''));
  }

  /** What 'fit' says beside the law: it takes longer than the law, and follows when the hand rests. */
  function showDoubts(f: Fit): void {
    under.classList.remove('stale');
    const words = [...(f.diagnostics?.warnings ?? [])];
    if (f.diagnostics?.stop && f.diagnostics.stop !== 'converged') words.unshift(`the solver ended ${f.diagnostics.stop}`);
    fill(warnings, ...(words.length ? words.map((w) => h('li', {}, w)) : [h('li', { class: 'calm' }, 'nothing')]));
    const by = f.diagnostics?.conventions ?? [];
    fill(counts, by.length ? facts(by.map((c): [string, string, string] => [`${c.used ? '● ' : ''}${c.params.replace('nonembedding', 'non-embedding')}`, `a ${fixed(c.a, 3)}`, `b ${fixed(c.b, 3)}, C ${c.flops === 'table' ? 'as recorded' : '= 6ND'}`])) : h('p', { class: 'note' }, 'one count alone is known'));
    infl.set((f.diagnostics?.influence ?? []).map((i) => ({ run: i.run ?? `row ${i.row}`, se: i.se })));
  }

  /** Each run that is left out by hand against the forecast of those that stay. */
  async function judge(st: State): Promise<void> {
    const list = st.all('out');
    const outside = leftByWindow(st);
    const all = [...new Set([...list, ...outside])];
    if (!all.length) return fill(outs, h('p', { class: 'note' }, 'none'));
    const runs: Run[] = [];
    for (const run of all.slice(0, JUDGED)) {
      const r = await judging.ask<{ run: Run }>({ verb: 'runs show', args: [run] });
      if (!r || s !== st) return;
      runs.push(r.run);
    }
    const ended = runs.filter((x) => x.params && x.tokens && x.loss != null);
    const each = (of: (x: Run) => number | undefined) => ended.map(of).join(',');
    const d = ended.length ? await judging.ask<At & { runs?: At[] }>({ verb: 'forecast at', options: { ...fitOptions(st), bootstrap: 200, params: each((x) => x.params), tokens: each((x) => x.tokens) } }) : null;
    if (s !== st || (ended.length && !d)) return;
    const at = d ? (d.runs ?? [d]) : [];
    fill(outs);
    runs.forEach((x, i) => {
      const run = all[i] as string, f = at[ended.indexOf(x)]?.forecast;
      const back = list.includes(run) ? h('span', { class: 'buttons' }, button('take back', () => toggleRun(run)), app.page.writable ? button('for everyone', () => void exclude(run), 'runs exclude: no fit of this store stands on it') : null) : h('small', {}, 'by the window');
      const inside = f?.ci && x.loss != null && x.loss >= f.ci[0] && x.loss <= f.ci[1];
      const said = f ? h('small', { class: inside ? 'in' : 'off' }, `${inside ? '● inside' : '▲ outside'} ${estimate(f).range}`) : h('small', {}, 'no loss');
      put(outs, h('div', { class: 'out' }, h('span', {}, h('b', {}, x.name), f ? ` ${fixed(x.loss, 4)}` : ''), said, back));
    });
    if (all.length > JUDGED) put(outs, h('p', { class: 'note' }, `and ${all.length - JUDGED} more`));
  }

  async function exclude(run: string): Promise<void> {
    try {
      if (await app.write('/api/exclude', { arg: run })) (wholeKey = ''), toggleRun(run);
    } catch (e) {
      app.trouble((e as Error).message);
    }
  }

  function leftByWindow(st: State): string[] {
    if (!st.has('lo') && !st.has('hi')) return [];
    const lo = Number(st.get('lo', '0')), hi = Number(st.get('hi', 'Infinity')), found: LeftOut[] = [];
    for (const x of figureOf('triptych')?.[0]?.series ?? []) x.runs?.forEach((run, i) => {
      const c = x.x[i];
      if (run && c != null && (c < lo || c > hi)) found.push({ run, x: [] });
    });
    return found.map((f) => f.run);
  }

  async function refresh(st: State): Promise<void> {
    app.busy(true);
    const begun = performance.now();
    try {
      if (!settled) peek({ lo: st.get('lo') || null, hi: st.get('hi') || null, first: true });
      const bare = fitOptions(st);
      const free = { ...bare, where: null };
      const key = JSON.stringify(free);
      const tri = drawing.ask<Figures>({ verb: 'plot', args: ['all'], options: { ...bare } });
      const all = bare['where'] && key !== wholeKey ? drawingAll.ask<Figures>({ verb: 'plot', args: ['all'], options: { ...free, bootstrap: 0 } }) : null;
      const fit = fitting.ask<Fit>({ verb: 'fit', options: bare });
      const [d, w, f] = await Promise.all([tri, all, fit]);
      if (!d || !f || s !== st) return;
      settled = true;
      if (!bare['where']) (whole = d.figures), (wholeKey = key);
      else if (w) (whole = w.figures), (wholeKey = key);
      app.trouble(null);
      show(d.figures.find((x) => x.name === 'triptych'));
      const v = d.figures.find((x) => x.name === 'isoflop'), r = d.figures.find((x) => x.name === 'residuals');
      pair.classList.toggle('lone', !v || !r);
      if (v) {
        fill(valleyBox, h('figcaption', {}, 'isoFLOP valleys'), valleys.root, keys2);
        const p = withOut(v.panels, figureOf('isoflop'));
        valleys.set(p[0] as Panel);
        fill(keys2, legend(p));
      } else fill(valleyBox, h('figcaption', {}, 'isoFLOP valleys'), fill2(valleyNone, d.skipped?.['isoflop'] ?? 'none'));
      if (r) residuals.set(withOut(r.panels, undefined)[0] as Panel);
      residualBox.hidden = !r;
      showLaw(f);
      showDoubts(f);
      took.textContent = `refitted in ${Math.round(performance.now() - begun)} ms, the fit itself ${Math.round(1000 * f.wall_s)} ms`;
      await judge(st);
    } catch (e) {
      app.trouble((e as Error).message);
    } finally {
      app.busy(false);
    }
  }

  return {
    root,
    forget: () => void (wholeKey = ''),
    keys: [['[ ] { }', 'edges of the window, in the first panel'], ['a', 'all runs again']],
    key(k) {
      if (k !== 'a') return false;
      app.go({ lo: null, hi: null, out: null });
      return true;
    },
    update(st) {
      s = st;
      lawIs.show(st.get('law'));
      objective.show(st.get('objective'));
      pin.show(st.get('fix'));
      from.show(st.get('lo') && power(Number(st.get('lo'))));
      to.show(st.get('hi') && power(Number(st.get('hi'))));
      app.says([{ verb: 'fit', options: fitOptions(st) }, { verb: 'plot', args: ['triptych'], options: fitOptions(st) }]);
      void refresh(st);
    }
  };
}

function fill2(el: HTMLElement, text: string): HTMLElement {
  fill(el, text);
  return el;
}
