// What a budget buys best, what being wrong about the law costs, and which runs to buy next.
import { ask, following, Latest, type Request } from '../api';
import { download, fill, h } from '../dom';
import { count, estimate, fixed, parseCount, percent, plain, power, sig, usd, duration, type Estimate } from '../numbers';
import { Chart } from '../parts/chart';
import type { Panel } from '../parts/figure';
import { legend } from '../parts/marks';
import { button, choice, facts, field, group, slider } from '../parts/controls';
import { listRuns } from '../parts/runs';
import { Table } from '../parts/table';
import { fitOptions, type State } from '../state';
import type { App, View } from '../view';
import { lawChoice } from './law';
import { extent } from './ladder';

interface Plan {
  law: string; form: string; params: Estimate; tokens: Estimate; flops: Estimate; loss: Estimate; law_loss: Estimate; loss_unit: string; tokens_per_param: Estimate;
  shape: { layers: number; width: number; heads: number; ffw: number; params: number | null }; recipe: string; batch_tokens: number | null; lr: number | null; steps: number | null;
  hardware: { device: string; utilisation: number; utilisation_range: [number, number]; devices_for_state: number | null; usd_per_hour: number | null };
  gpu_hours: Estimate; usd: Estimate; usd_range: [number, number]; kwh: Estimate; days: number | null;
  wrong: { excess_loss: number | null; flops_share: number | null; usd: number | null } | null;
  other_laws: { law: string; params: number; tokens: number; excess_loss: number; flops_share: number; usd: number }[];
  curve: { size: number; params: number; tokens: number; loss: number; excess_loss: number; flops_for_same_loss: number | null }[];
  reach: number | null; seen: number | null; note?: string;
  data?: { unique_tokens: number; epochs: number | null; binds: boolean }; serving?: { tokens: number; samples: number; flops: number | null; training_flops: number | null };
}
interface NextRun { params: number; tokens: number; flops: number; cost: number; sd_before: number; sd_after: number }
interface Next { runs: NextRun[]; cost: number; budget: number; cost_unit: string; now: Estimate & { sd_ln_loss: number }; after: Estimate & { sd_ln_loss: number }; uniform?: { forecast: { sd_ln_loss: number } } }

const DEVICES = ['H100', 'H200', 'A100', 'B200'];

export function plan(app: App): View {
  let s: State | null = null;
  const asking = new Latest(), nexting = new Latest();
  const answer = h('div'), cost = h('div'), wrong = h('div'), note = h('p', { class: 'note' });
  const bowl = new Chart({ label: 'excess loss against the size of the model, at the same budget', height: 300 });
  const bowlKey = h('div');
  const kind = choice('budget in', [['flops', 'FLOPs'], ['usd', 'dollars'], ['days', 'devices × days'], ['loss', 'a loss to reach']], (v) => app.go({ kind: v, amount: null, days: null }));
  const set = (key: string) => (v: string, done: boolean) => (done ? app.go({ [key]: v }) : peek({ [key]: v }));
  const flops = slider('FLOPs', { from: 1e9, to: 1e27, text: (v) => power(v, 3), parse: parsePower, plain: (v) => plain(v, 3), on: set('amount') });
  const money = slider('dollars', { from: 1, to: 1e9, text: usd, parse: (t) => parseCount(t.replace(/[$,]/g, '')), plain: (v) => plain(v, 3), on: set('amount') });
  const days = slider('days', { from: 1, to: 365, linear: true, text: (v) => String(v), parse: Number, plain: (v) => plain(v, 3), on: set('days') });
  const target = field('loss', (v) => app.go({ amount: v }), { placeholder: '2.0', hint: 'nats per token' });
  const gpus = field('devices', (v) => app.go({ gpus: v }), { placeholder: 'H100', hint: DEVICES.join(', ') + '; 64xH100' });
  const price = slider('dollars a device hour', { from: 0.1, to: 100, off: 'catalogue', text: (v) => `$${plain(v, 3)}`, parse: (t) => Number(t.replace(/[$,]/g, '')), plain: (v) => plain(v, 3), on: set('price') });
  const unique = slider('unique tokens there are', { from: 1e6, to: 1e14, off: 'unlimited', text: (v) => count(v), parse: parseCount, plain: (v) => plain(v, 3), on: set('unique-tokens') });
  const serve = slider('tokens to serve', { from: 1e6, to: 1e16, off: 'none', text: (v) => count(v), parse: parseCount, plain: (v) => plain(v, 3), on: set('inference-tokens') });
  const samples = slider('samples an answer', { from: 1, to: 1e4, off: '1', text: (v) => count(v), parse: parseCount, plain: (v) => plain(Math.round(v), 4), on: set('samples') });
  const lawIs = lawChoice((v) => app.go({ law: v }));
  const budgetBox = h('div');
  const nextBudget = slider('for runs in all, FLOPs', { from: 1e8, to: 1e26, text: (v) => power(v, 3), parse: parsePower, plain: (v) => plain(v, 3), on: set('buy') });
  const nextWords = h('p', { class: 'note' });
  const nextTable = new Table<NextRun & { k: number }>({
    name: 'next-runs', label: 'the runs to buy next', id: (r) => String(r.k), height: 9,
    columns: [
      { key: 'params', head: 'N', value: (r) => r.params, text: (r) => count(r.params) }, { key: 'tokens', head: 'D', value: (r) => r.tokens, text: (r) => count(r.tokens) },
      { key: 'flops', head: 'C', value: (r) => r.flops, text: (r) => power(r.flops), wide: 10 },
      { key: 'sd_before', head: 'sd before', title: 'standard deviation of ln loss at the target', value: (r) => r.sd_before, text: (r) => percent(r.sd_before, 2), wide: 11 },
      { key: 'sd_after', head: 'sd after', title: 'standard deviation of ln loss at the target, with this run and those above', value: (r) => r.sd_after, text: (r) => percent(r.sd_after, 2) }
    ]
  });
  const others = new Table<Plan['other_laws'][number]>({
    name: 'other-laws', label: 'had another law been believed', id: (r) => r.law, height: 6,
    columns: [
      { key: 'law', head: 'had one believed', value: (r) => r.law, left: true, wide: 16 }, { key: 'params', head: 'N', value: (r) => r.params, text: (r) => count(r.params) },
      { key: 'tokens', head: 'D', value: (r) => r.tokens, text: (r) => count(r.tokens) }, { key: 'excess_loss', head: 'excess loss', title: 'above the plan, in the unit of the loss', value: (r) => r.excess_loss, text: (r) => fixed(r.excess_loss, 4), wide: 10 },
      { key: 'flops_share', head: 'compute lost', value: (r) => r.flops_share, text: (r) => percent(r.flops_share), wide: 10 }, { key: 'usd', head: 'dollars', value: (r) => r.usd, text: (r) => usd(r.usd) }
    ]
  });

  const root = h('div', { class: 'view plan' },
    h('div', { class: 'cols' },
      h('div', { class: 'main' },
        h('div', { class: 'tiles' }, answer),
        h('figure', {}, h('figcaption', {}, 'the same budget on another size: loss by the law'), bowl.root, bowlKey),
        h('h2', { class: 'rule' }, 'what being wrong about the law costs'), wrong, others.root,
        h('h2', { class: 'rule' }, 'runs to buy next, so that the forecast of this plan gets surest'), nextWords, nextTable.root,
        h('div', { class: 'buttons' }, button('as a spec', saveSpec, 'the runs as a spec that loglog run takes'))),
      h('aside', { class: 'side' },
        group('budget', kind.root, budgetBox), group('cost', gpus.root, price.root), group('data and serving', unique.root, serve.root, samples.root), group('fit', lawIs.root),
        group('next runs', nextBudget.root), h('section', { class: 'group' }, h('h2', {}, 'cost in full'), cost, note))));

  function parsePower(t: string): number {
    const up = t.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]/g, (c) => '0123456789-'['⁰¹²³⁴⁵⁶⁷⁸⁹⁻'.indexOf(c)] as string).replace(/\s/g, '');
    const m = /^(?:([0-9.]+)[×x*])?10\^?(-?\d+)$/.exec(up);
    return m && /[⁰¹²³⁴⁵⁶⁷⁸⁹^]/.test(t) ? Number(m[1] ?? 1) * 10 ** Number(m[2]) : parseCount(t);
  }

  function request(st: State): Request {
    const k = st.get('kind', 'flops'), amount = st.get('amount', defaults(k)), o: Request['options'] = { ...fitOptions(st) };
    if (k === 'days') o['days'] = st.get('days', '30');
    else o[k] = amount;
    o['gpus'] = st.get('gpus') || (k === 'days' ? '8xH100' : null);
    for (const key of ['price', 'unique-tokens', 'inference-tokens', 'samples']) o[key] = st.get(key) || null;
    return { verb: 'plan', options: o };
  }
  const defaults = (k: string) => ({ flops: largest ? plain(largest * 100, 2) : '1e15', usd: '1000', loss: '2' })[k] ?? '';
  let largest = 0;

  /** While a slider moves, with fewer draws. */
  const peek = following(async (change: Record<string, string>) => {
    const st = s;
    if (!st) return;
    const q = request(st.with(change));
    const d = await asking.ask<Plan>({ ...q, options: { ...q.options, bootstrap: 200 } }).catch(() => null);
    if (d && s === st) show(d);
  });

  function tile(name: string, e: Estimate | null, big: boolean, note = ''): HTMLElement {
    const t = estimate(e, big);
    return h('div', { class: 'tile' }, h('span', {}, name), h('b', {}, t.value), h('small', {}, t.range), note ? h('small', {}, note) : null);
  }

  function show(d: Plan): void {
    const level = d.loss.level ?? 0.9, nh = d.shape;
    fill(answer, tile('N, parameters', d.params, true, `${nh.layers} ${nh.layers === 1 ? 'layer' : 'layers'} of width ${nh.width}, ${nh.heads} heads`), tile('D, tokens', d.tokens, true, `${sig(d.tokens_per_param.value, 3)} a parameter`),
      tile(`loss, ${d.loss_unit}`, d.loss, false, `the law's curve ${estimate(d.law_loss).value}`), h('div', { class: 'tile' }, h('span', {}, 'cost'), h('b', {}, usd(d.usd.value)), h('small', {}, `${usd(d.usd_range[0])} to ${usd(d.usd_range[1])}`), h('small', {}, d.days !== null ? duration(d.days * 86400) : `${count(d.gpu_hours.value)} hours of ${d.hardware.device}`)));
    fill(cost, facts([
      ['C', power(d.flops.value, 3), 'FLOPs'], ['device hours', count(d.gpu_hours.value), d.hardware.device], ['energy', count(d.kwh.value), 'kWh'], ['price', usd(d.hardware.usd_per_hour), 'a device hour'],
      ['utilisation', percent(d.hardware.utilisation), d.hardware.utilisation_range.map((u) => percent(u)).join(' to ')], ['batch', d.batch_tokens ? count(d.batch_tokens) : '–', 'tokens'], ['learning rate', sig(d.lr, 3), d.recipe], ['steps', count(d.steps)],
      ['reach', d.reach !== null ? `${sig(d.reach, 3)}×` : '–', 'the compute of the largest run fitted'],
      ...(d.data ? [['epochs', sig(d.data.epochs, 3), d.data.binds ? 'the data bind' : 'data to spare'] as [string, string, string]] : []),
      ...(d.serving ? [['for serving', power(d.serving.flops, 3), `training ${power(d.serving.training_flops, 3)}`] as [string, string, string]] : [])]));
    fill(note, `${Math.round(level * 100)} % intervals. ${d.note ?? ''}`);
    const w = d.wrong;
    fill(wrong, w ? h('p', { class: 'say' }, `On average over what the law could be, this plan loses `, h('b', {}, sig(w.excess_loss, 2)), ` ${d.loss_unit} to not knowing it better: the worth of `, h('b', {}, percent(w.flops_share)), ` of the compute, or `, h('b', {}, usd(w.usd)), '.') : h('p', { class: 'note' }, d.note ?? 'no draws of this law: no doubt can be told'));
    others.set(d.other_laws ?? []);
    const x = extent(d.curve.map((c) => c.params), true, 0.05), y = extent(d.curve.map((c) => c.loss), false, 0.12);
    if (x && y) {
      const base = { dash: 'solid', opacity: 1, shade: null, name: '', end: '', marker: 'circle', size: 1 };
      const p: Panel = {
        x: { label: 'N, parameters', unit: '', log: true, counts: true, hidden: false, range: x }, y: { label: 'loss by the law', unit: d.loss_unit, log: false, counts: false, hidden: false, range: y }, right: null, shade: null, notes: [],
        series: [{ ...base, kind: 'line', label: 'one budget', colour: 'blue', x: d.curve.map((c) => c.params), y: d.curve.map((c) => c.loss) },
          { ...base, kind: 'points', label: 'sizes tried', colour: 'blue', x: d.curve.map((c) => c.params), y: d.curve.map((c) => c.loss), names: d.curve.map((c) => `N ${count(c.params)} (${sig(c.size, 2)}×), D ${count(c.tokens)}: loss ${sig(c.loss, 5)}, ${sig(c.excess_loss, 2)} above`) },
          { ...base, kind: 'points', label: 'the plan', colour: 'vermillion', marker: 'star', size: 2, x: d.curve.filter((c) => c.size === 1).map((c) => c.params), y: d.curve.filter((c) => c.size === 1).map((c) => c.loss) }]
      };
      bowl.set(p);
      fill(bowlKey, legend([p]));
    }
  }

  function nextRequest(st: State, d: Plan): Request {
    return { verb: 'next', options: { ...fitOptions(st), objective: null, fix: null, bootstrap: null, 'target-flops': plain(d.flops.value ?? 0, 4), budget: st.get('buy') || plain(Math.max(largest, (d.flops.value ?? 0) / 100), 2) } };
  }
  let lastNext: Request | null = null;

  async function showNext(st: State, d: Plan): Promise<void> {
    const q = (lastNext = nextRequest(st, d));
    nextBudget.show(String(q.options?.['budget'] ?? ''));
    says(st, q);
    const n = await nexting.ask<Next>(q).catch((e: Error) => (fill(nextWords, e.message), nextTable.set([]), null));
    if (!n) return;
    nextTable.set(n.runs.map((r, k) => ({ ...r, k })));
    fill(nextWords, `${n.runs.length} runs for ${power(n.cost)} of ${power(n.budget)} FLOPs: the standard deviation (sd) of the forecast loss falls from ${percent(n.now.sd_ln_loss, 1)} to ${percent(n.after.sd_ln_loss, 1)}${n.uniform ? `; a uniform grid of the same cost, to ${percent(n.uniform.forecast.sd_ln_loss, 1)}` : ''}.`);
  }

  /** As a list of N and D, in the form of a spec: data and model are the reader's to fill in. */
  function saveSpec(): void {
    if (!lastNext) return;
    void ask<Next>(lastNext).then((n) => download('next.yaml', 'application/yaml', [
      '# Runs to buy next, as loglog next gives them. Fill in the data and the model of the ladder, or let', '# loglog next --base SPEC.yaml --out next.yaml do it.', 'schema: loglog.spec/1', 'name: next',
      `design: {kind: list, params: [${n.runs.map((r) => Math.round(r.params)).join(', ')}],`, `         tokens: [${n.runs.map((r) => Math.round(r.tokens)).join(', ')}]}`, 'forecast: {hold_out: none}', ''].join('\n')));
  }

  function says(st: State, q: Request | null): void {
    app.says([request(st), ...(q ? [{ ...q, options: { ...q.options, out: 'next.yaml' } }] : [])]);
  }

  return {
    root,
    forget: () => void (largest = 0),
    update(st) {
      s = st;
      const k = st.get('kind', 'flops');
      kind.show(k);
      fill(budgetBox, k === 'flops' ? flops.root : k === 'usd' ? money.root : k === 'loss' ? target.root : days.root);
      for (const [c, key] of [[price, 'price'], [unique, 'unique-tokens'], [serve, 'inference-tokens'], [samples, 'samples']] as const) c.show(st.get(key));
      gpus.show(st.get('gpus'));
      days.show(st.get('days', '30'));
      lawIs.show(st.get('law'));
      void (async () => {
        if (!largest) {
          const all = await listRuns(await app.ladder(st), 'done');
          largest = all.reduce((a, r) => Math.max(a, r.flops ?? 0), 0);
        }
        const amount = st.get('amount', defaults(k));
        flops.show(amount);
        money.show(amount);
        target.show(amount);
        const q = request(st);
        says(st, null);
        const d = await asking.ask<Plan>(q);
        if (!d || s !== st) return;
        app.trouble(null);
        show(d);
        await showNext(st, d);
      })().catch((e: Error) => app.trouble(e.message));
    }
  };
}
