// Every rung while it trains: curves, progress, failures, and a card for the one that is chosen.
import { ask, askAt, Latest } from '../api';
import { fill, h, later } from '../dom';
import { count, duration, fixed, NONE, percent, power, sig, speed } from '../numbers';
import { Chart } from '../parts/chart';
import type { Panel, Series } from '../parts/figure';
import { legend } from '../parts/marks';
import { button, choice, facts, toggle } from '../parts/controls';
import { listOptions, listRuns, runColumns, STATE_SIGN, type Live, type Run } from '../parts/runs';
import { Table } from '../parts/table';
import type { State } from '../state';
import type { App, View } from '../view';

type Point = [step: number, tokens: number, flops: number, loss: number, t?: number];
interface Curve { id: string; name: string; params: number | null; state?: string; status?: string; role?: string; points: Point[] }
interface LadderStatus {
  ladder: string; name: string; created: string; states: Record<string, number>; flops_done?: number | null; flops_total?: number | null;
  share?: number; at_work?: boolean; left_s?: number | null; live?: Live[]; train_s?: number; train_flops_per_s?: number; attention?: { name?: string; state?: string; why?: string }[];
}
export interface Status { ladders: LadderStatus[] }

const AXES: [string, string][] = [['tokens', 'tokens'], ['flops', 'compute'], ['steps', 'steps'], ['time', 'wall time']];
const SHOWN = 200; // curves at a time
const MANY = 2000; // runs above which only their columns are asked for

export function ladder(app: App): View {
  const chart = new Chart({ label: 'learning curves of the runs', height: 340, onPick: (run) => app.go({ run: s?.get('run') === run ? null : run }) });
  const keyBox = h('div');
  const strip = h('div', { class: 'strip' });
  const card = h('aside', { class: 'card', 'aria-label': 'the chosen run', hidden: true });
  const note = h('p', { class: 'note' });
  let s: State | null = null, status: Status | null = null, runs: Run[] = [], shownLadder: string | null = null;
  const curves = new Map<string, Curve>();
  const newest = new Latest();

  const axis = choice('against', AXES, (v) => app.go({ axis: v }));
  const smooth = choice('smoothing', [['', 'none'], ['0.6', 'some'], ['0.9', 'much']], (v) => app.go({ smooth: v }));
  const logx = toggle('log x', (v) => app.go({ linx: v ? null : '1' }));
  const logy = toggle('log y', (v) => app.go({ liny: v ? null : '1' }));
  const mine = () => status?.ladders.find((l) => (l.ladder || 'imported') === shownLadder) ?? status?.ladders[0];
  const liveOf = (r: Run) => mine()?.live?.find((l) => l.name === r.name);

  const table = new Table<Run>({
    name: 'runs', label: 'runs of the ladder', id: (r) => r.id, columns: runColumns(liveOf, (r) => (r.role === 'forecast' || r.role === 'held_out' ? ', held out' : r.role === 'excluded' ? ', excluded' : '')),
    onPick: (r) => app.go({ run: s?.get('run') === r.id ? null : r.id }), height: 14
  });

  const root = h('div', { class: 'view ladder' },
    strip,
    h('div', { class: 'cols' },
      h('div', { class: 'main' },
        h('div', { class: 'tools' }, axis.root, smooth.root, logx.root, logy.root),
        chart.root, keyBox, note),
      card),
    table.root);

  function drawStrip(): void {
    const l = mine();
    if (!l) return fill(strip, h('p', { class: 'empty' }, 'No ladder in this store yet. Train one: loglog run SPEC.yaml, or loglog demo.'));
    const st = l.states, share = l.share ?? 1;
    const cell = (name: string, value: string, note = '') => h('div', { class: 'cell' }, h('span', {}, name), h('b', {}, value), h('small', {}, note || '\u00a0'));
    fill(strip,
      h('div', { class: 'cell wide' }, h('span', {}, l.name || 'imported runs'), h('b', {}, percent(share, share > 0 && share < 1 ? 1 : 0)),
        h('progress', { max: 1, value: share, 'aria-label': 'share of the ladder that is trained' })),
      cell('left', l.left_s != null ? duration(l.left_s) : share >= 1 ? 'done' : l.at_work ? 'not known yet' : 'not running'),
      cell('done', String(st['done'] ?? 0), `of ${Object.values(st).reduce((a, b) => a + b, 0)} runs`),
      cell('running', String(st['running'] ?? 0), `${st['planned'] ?? 0} planned`),
      cell('failed', String((st['failed'] ?? 0) + (st['stopped'] ?? 0)), st['stopped'] ? `${st['stopped']} stopped` : ''),
      cell('compute', l.flops_total ? power(l.flops_done, 3) : NONE, l.flops_total ? `of ${power(l.flops_total, 3)} FLOPs` : 'not recorded'),
      cell('pace', speed(l.train_flops_per_s), l.train_s ? `over ${duration(l.train_s)}` : ''));
    if (app.page.writable && l.ladder && share < 1) strip.append(l.at_work ? button('stop', () => void act('/api/ladder/stop', { arg: l.ladder }), 'ladder stop: with checkpoints') : button('start', () => void act('/api/ladder/start', { arg: l.ladder }), 'ladder start'));
    for (const a of l.attention ?? []) strip.append(h('p', { class: 'alarm' }, `${STATE_SIGN[a.state ?? ''] ?? '!'} ${a.name ?? ''} ${a.state ?? ''}${a.why ? `: ${a.why}` : ''}`));
  }

  /** What the token lets one do to the store; the stream of events, or the list asked anew, shows what came of it. */
  async function act(path: string, options: Record<string, unknown>): Promise<void> {
    try {
      if (!(await app.write(path, options))) return;
      app.trouble(null);
      await load();
      await showCard(s?.get('run') ?? '');
    } catch (e) {
      app.trouble((e as Error).message);
    }
  }

  function panel(): Panel | null {
    const st = s;
    if (!st || curves.size === 0) return null;
    const along = st.get('axis', 'tokens'), at = { steps: 0, tokens: 1, flops: 2, time: 4 }[along] ?? 1;
    const log = !st.has('linx'), logyOn = !st.has('liny'), k = Number(st.get('smooth', '0'));
    let list = [...curves.entries()];
    if (list.length > SHOWN) list = list.slice(-SHOWN);
    const series: Series[] = list.map(([id, c]) => {
      const pts = c.points.filter((p) => Number.isFinite(p[at] as number) && (!log || (p[at] as number) > 0));
      return {
        kind: pts.length > 1 ? 'line' : 'points', label: '', colour: 'blue', marker: 'circle', dash: c.role && c.role !== 'fit' ? 'dashed' : 'solid', size: 0.9, opacity: 1, shade: c.params,
        name: c.name, end: '', x: pts.map((p) => p[at] as number), y: smoothed(pts.map((p) => p[3]), k), run: id
      };
    });
    const sizes = list.map(([, c]) => c.params ?? NaN).filter((v) => v > 0);
    const x = extent(series.flatMap((c) => c.x), log, 0.02), y = extent(series.flatMap((c) => c.y), logyOn, 0.05);
    if (!x || !y) return null;
    const names: Record<string, string> = { tokens: 'tokens seen', flops: 'compute spent', steps: 'steps', time: 'wall time' };
    return {
      x: { label: names[along] ?? along, unit: along === 'flops' ? 'FLOPs' : along === 'time' ? 's' : '', log, counts: along !== 'flops', hidden: false, range: x },
      y: { label: 'validation loss', unit: 'nats/token', log: logyOn, counts: false, hidden: false, range: y },
      right: null,
      shade: sizes.length && Math.min(...sizes) < Math.max(...sizes) ? { label: 'N, parameters', unit: '', log: true, counts: true, hidden: false, range: [Math.min(...sizes), Math.max(...sizes)] } : null,
      series, notes: []
    };
  }

  function draw(): void {
    const p = panel();
    if (!p) return fill(note, 'No learning curve is recorded yet.');
    chart.set(p, { highlight: s?.get('run') ?? '' });
    fill(keyBox, legend([p]));
    const held = [...curves.values()].some((c) => c.role && c.role !== 'fit');
    fill(note, `${Math.min(curves.size, SHOWN)} curves${curves.size > SHOWN ? ` of ${curves.size}, the newest` : ''}. Drag to zoom, double click to return; click a curve for its card.${held ? ' Dashed: held out.' : ''}`);
  }
  const drawSoon = later(30, draw);

  async function loadCurves(): Promise<void> {
    const q = new URLSearchParams({ points: '300' });
    if (shownLadder && shownLadder !== 'imported') q.set('ladder', shownLadder);
    else if (runs.length && shownLadder === 'imported') for (const r of runs.slice(-30)) q.append('arg', r.id);
    const doc = await askAt<{ runs: Curve[] }>(`/api/curves?${q}`);
    curves.clear();
    const role = new Map(runs.map((r) => [r.id, r.role]));
    for (const c of doc.runs) {
      const r = role.get(c.id);
      curves.set(c.id, { ...c, ...(r ? { role: r } : {}) });
    }
    draw();
  }

  async function load(): Promise<void> {
    const total = Object.values(mine()?.states ?? {}).reduce((a, b) => a + b, 0);
    if (total > MANY || shownLadder === null) runs = await listRuns(shownLadder);
    else {
      const doc = await newest.ask<{ runs: Run[] }>({ verb: 'runs list', options: listOptions(shownLadder) });
      if (!doc) return;
      runs = doc.runs;
    }
    table.set(runs, s?.get('run') ?? '');
  }
  const again = later(400, () => void load().then(loadCurves).catch((e: Error) => app.trouble(e.message)));

  async function showCard(id: string): Promise<void> {
    const r = runs.find((x) => x.id === id);
    card.hidden = !id;
    root.classList.toggle('with-card', !!id);
    if (!id) return;
    fill(card, h('h2', {}, r?.name ?? id));
    const doc = await ask<{ run: Run & Record<string, unknown>; points: unknown[]; log?: string[] }>({ verb: 'runs show', args: [id] });
    if (s?.get('run') !== id) return;
    const x = doc.run, shown = new Set(['id', 'ladder', 'name', 'state']);
    const rows: [string, string][] = [];
    for (const [key, v] of Object.entries(x)) {
      if (shown.has(key) || v === null || v === '') continue;
      rows.push([CARD_WORDS[key] ?? key.replace(/_/g, ' '), typeof v === 'number' ? cardNumber(key, v) : String(v)]);
    }
    fill(card, h('h2', {}, x.name || x.id), h('p', { class: `s-${x.state}` }, `${STATE_SIGN[x.state] ?? ''} ${x.state}`), facts(rows), h('p', { class: 'id' }, x.id));
    const out = x.role === 'excluded';
    if (app.page.writable && x.state === 'done' && (out || !x.role || x.role === 'fit'))
      card.append(button(out ? 'take back for everyone' : 'exclude for everyone', () => void act('/api/exclude', { arg: x.id, ...(out ? { back: true } : {}) }), 'runs exclude'));
    if (doc.log?.length) card.append(h('pre', { class: 'log' }, doc.log.join('\n')));
  }

  return {
    root,
    keys: [['x', 'next axis'], ['s', 'more smoothing']],
    key(k) {
      if (k === 'x') app.go({ axis: next(AXES.map((a) => a[0]), s?.get('axis', 'tokens') ?? '') });
      else if (k === 's') app.go({ smooth: next(['', '0.6', '0.9'], s?.get('smooth') ?? '') });
      else return false;
      return true;
    },
    update(state) {
      const before = s;
      s = state;
      axis.show(state.get('axis', 'tokens'));
      smooth.show(state.get('smooth'));
      logx.show(state.has('linx') ? '' : '1');
      logy.show(state.has('liny') ? '' : '1');
      const run = state.get('run');
      void (async () => {
        const ladderNow = await app.ladder(state);
        app.says([{ verb: 'status' }, { verb: 'runs list', options: listOptions(ladderNow) }, ...(run ? [{ verb: 'runs show', args: [run] }] : [])]);
        if (!before || ladderNow !== shownLadder) {
          shownLadder = ladderNow;
          status = await ask<Status>({ verb: 'status' });
          drawStrip();
          await load();
          await loadCurves();
          await showCard(run);
        } else {
          table.choose(run);
          draw();
          if (run !== before.get('run')) await showCard(run);
        }
      })().catch((e: Error) => app.trouble(e.message));
    },
    event(name, data) {
      if (name === 'status') {
        const was = JSON.stringify(mine()?.states);
        status = data as Status;
        drawStrip();
        if (JSON.stringify(mine()?.states) !== was) again();
        else table.set(runs);
      } else if (name === 'resync') again();
      else if (name === 'point') {
        const d = data as { run: string; points: Point[] };
        const c = curves.get(d.run);
        if (!c) return again();
        const last = c.points.at(-1)?.[0] ?? -1;
        c.points.push(...d.points.filter((p) => p[0] > last));
        drawSoon();
      }
    }
  };
}

const CARD_WORDS: Record<string, string> = {
  flops: 'FLOPs, 6ND', flops_exact: 'FLOPs, exact', lr: 'learning rate', loss_se: 'its standard error', wall_s: 'wall time', tokens_per_s: 'tokens/s', memory_bytes: 'memory, bytes', ffw: 'feed-forward width'
};

function cardNumber(key: string, v: number): string {
  if (/flops/.test(key)) return power(v, 4);
  if (/loss|bits/.test(key)) return fixed(v, 4);
  if (/wall|_s$/.test(key) && !/per_s/.test(key)) return duration(v);
  if (/params|tokens|bytes$/.test(key) && v >= 1000) return count(v, 4);
  return Number.isInteger(v) ? v.toLocaleString('en') : sig(v, 4);
}

/** For the eye alone: a running mean, which no fit knows. */
function smoothed(y: number[], k: number): number[] {
  if (!(k > 0)) return y;
  let m = NaN;
  return y.map((v) => (m = Number.isNaN(m) ? v : k * m + (1 - k) * v));
}

export function extent(v: (number | null)[], log: boolean, margin: number): [number, number] | null {
  let lo = Infinity, hi = -Infinity;
  for (const x of v) if (x !== null && Number.isFinite(x) && (!log || x > 0)) (lo = Math.min(lo, x)), (hi = Math.max(hi, x));
  if (!(lo <= hi)) return null;
  if (log) {
    const by = Math.max((hi / lo) ** margin, 1.005);
    return [lo / by, hi * by];
  }
  const by = (hi - lo) * margin || Math.abs(hi) * 0.01 || 1;
  return [lo - by, hi + by];
}

export function next(all: string[], now: string): string {
  return all[(all.indexOf(now) + 1) % all.length] as string;
}
