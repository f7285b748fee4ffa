// Whether training may go on: levels of a policy, where we stand, what is missing, and who waived what.
import { Latest, type Request } from '../api';
import { fill, h } from '../dom';
import { count, duration, parseCount, plain, power, sig } from '../numbers';
import { choice, facts, field, group } from '../parts/controls';
import { listRuns, type Run } from '../parts/runs';
import type { State } from '../state';
import type { App, View } from '../view';

type Answer = 'pass' | 'fail' | 'investigate';
interface Finding { level: string; of: string; value: number | null; ci: [number, number] | null; reached: 'at_least' | 'below'; line: number | null; answer: Answer; waived: boolean; why: string }
interface Gate { verdict: Answer; reason: string; policy: string; policy_hash: string; asked: string; findings: Finding[]; waivers: { name: string; reason: string; waives: string; expires: string; used: boolean; refused: string | null }[] }
interface Policy {
  name: string; source?: string; hash: string; evaluate: { needed: boolean; every_compute: number; every: number; buffer: number };
  levels: { name: string; about: string; lines: { of: string; score?: string; at_least?: number; below?: number; probability: number }[]; requires: { name: string; what: string }[] }[];
}

const SIGN: Record<Answer, string> = { pass: '● pass', fail: '✕ no', investigate: '▲ cannot tell' };

export function gate(app: App): View {
  let s: State | null = null, runs: Run[] | null = null;
  const asking = new Latest(), showing = new Latest();
  const answer = h('div', { class: 'answer' }), ladder = h('div', { class: 'levels' }), waivers = h('div'), cadence = h('div');
  const which = choice('policy', [], (v) => app.go({ policy: v })), run = choice('about the run', [], (v) => app.go({ run: v, flops: null }));
  const flops = field('or training FLOPs', (v) => app.go({ flops: v ? plain(parseCount(v)) : null, run: null }), { placeholder: '3e24' });
  const gain = field('compute-equivalent gain', (v) => app.go({ gain: v }), { placeholder: '1.5,2.6', hint: 'low,high; [value,]low,high' });
  const place = field('in place', (v) => app.go({ 'in-place': v }), { placeholder: 'model_card,…', hint: 'names of what is required and there' });

  const root = h('div', { class: 'view gate' }, h('div', { class: 'cols' },
    h('div', { class: 'main' }, h('h2', { class: 'rule' }, 'levels, and where we stand'), ladder, h('h2', { class: 'rule' }, 'waivers'), waivers),
    h('aside', { class: 'side' }, h('section', { class: 'group answer' }, answer), group('what is asked', which.root, run.root, flops.root, gain.root, place.root), group('evaluation', cadence))));

  function request(st: State, policy: string): Request {
    const o: Request['options'] = { policy };
    for (const k of ['run', 'flops', 'gain', 'in-place']) o[k] = st.get(k) || null;
    return { verb: 'gate check', options: o };
  }
  /** On the command line the policy is a file. */
  const said = (q: Request): Request => ({ ...q, args: [String(q.options?.['policy'])], options: { ...q.options, policy: null } });

  const unit = (of: string, v: number | null | undefined) => (of.includes('flops') ? power(v, 3) : sig(v, 4));
  const words: Record<string, string> = { flops: 'training FLOPs', effective_flops: 'effective FLOPs', loss: 'loss', forecast_loss: 'forecast loss', bits_per_byte: 'bits per byte' };

  function level(l: Policy['levels'][number], found: Finding[]): HTMLElement {
    const mine = found.filter((f) => f.level === l.name);
    const worst: Answer = mine.some((f) => f.answer === 'fail') ? 'fail' : mine.some((f) => f.answer === 'investigate') ? 'investigate' : 'pass';
    return h('section', { class: `level a-${mine.length ? worst : 'none'}` },
      h('header', {}, h('h3', {}, l.name), h('span', { class: 'said-by' }, mine.length ? SIGN[worst] : 'not asked')), h('p', {}, l.about),
      facts(l.lines.map((line): [string, string, string] => {
        const f = mine.find((x) => x.of === line.of || x.of === line.score);
        const at = line.at_least !== undefined ? `at least ${unit(line.of, line.at_least)}` : `below ${unit(line.of, line.below)}`;
        const told = [f?.ci && f.ci[0] !== f.ci[1] ? `${unit(line.of, f.ci[0])} to ${unit(line.of, f.ci[1])}` : '', `the line: ${at}`, f ? `${SIGN[f.answer]}${f.waived ? ', waived' : ''}: ${f.why}` : ''];
        return [line.score ?? words[line.of] ?? line.of, f ? unit(line.of, f.value) : '–', told.filter(Boolean).join('; ')];
      })),
      ...mine.filter((f) => !l.lines.some((x) => x.of === f.of || x.score === f.of)).map((f) => h('p', { class: `a-${f.answer}` }, `${SIGN[f.answer]} ${f.of}: ${f.why}`)),
      l.requires.length ? h('details', { open: worst !== 'pass' }, h('summary', {}, `requires ${l.requires.length}`), h('ul', {}, ...l.requires.map((r) => {
        const there = (s?.get('in-place') ?? '').split(',').map((x) => x.trim()).includes(r.name);
        return h('li', { class: there ? 'in' : '' }, `${there ? '● ' : '○ '}${r.name}`, h('small', {}, ` ${r.what}`));
      }))) : null);
  }

  function show(d: Gate, p: Policy): void {
    fill(answer, h('p', { class: `big a-${d.verdict}` }, SIGN[d.verdict]), h('p', {}, d.reason), facts([['policy', d.policy], ['asked', d.asked.replace('T', ' ').replace('Z', ' UTC')], ['hash', d.policy_hash.slice(0, 16)]]));
    const outside = d.findings.filter((f) => !p.levels.some((l) => l.name === f.level));
    fill(ladder, ...outside.map((f) => h('p', { class: `a-${f.answer}` }, `${SIGN[f.answer]} ${f.level}: ${f.why}`)), ...p.levels.map((l) => level(l, d.findings)), p.source ? h('p', { class: 'note' }, p.source) : null);
    fill(waivers, d.waivers.length ? h('div', {}, ...d.waivers.map((w) => h('p', {}, `${w.refused ? '✕' : w.used ? '●' : '○'} ${w.name} waives ${w.waives} until ${w.expires}: ${w.reason}`, h('small', {}, w.refused ?? (w.used ? ' used' : ' holds'))))) : h('p', { class: 'note' }, 'none'));
    fill(cadence, p.evaluate.needed ? facts([['every', `${count(p.evaluate.every_compute)}×`, 'of effective compute'], ['and every', duration(p.evaluate.every)], ['buffer', `${count(p.evaluate.buffer)}×`, 'below a line']]) : h('p', { class: 'note' }, 'this policy asks for none'));
  }

  return {
    root,
    forget: () => void (runs = null),
    update(st) {
      s = st;
      const policies = app.page.policies ?? [];
      const policy = st.get('policy', policies[0] ?? '');
      which.offer(policies.map((p) => [p, p.replace(/^.*\//, '')]));
      which.show(policy);
      flops.show(st.get('flops'));
      gain.show(st.get('gain'));
      place.show(st.get('in-place'));
      if (!policy) {
        app.says([]);
        return fill(answer, h('p', { class: 'note' }, 'No policy is here. Start serve with --policy FILE.yaml.'));
      }
      void (async () => {
        if (!runs) runs = await listRuns(null);
        run.offer([['', 'none'], ...runs.slice(-500).reverse().map((r): [string, string] => [r.id, r.name || r.id])]);
        const about = st.get('run') || (st.has('flops') ? '' : (runs.reduce<Run | null>((a, r) => (!a || (r.flops ?? 0) > (a.flops ?? 0) ? r : a), null)?.id ?? ''));
        run.show(about);
        const q = request(st, policy);
        if (about) q.options = { ...q.options, run: about };
        app.says([said(q), { ...said({ verb: 'gate show', options: { policy } }), storeless: true }]);
        const [d, p] = await Promise.all([asking.ask<Gate>(q), showing.ask<Policy>({ verb: 'gate show', options: { policy } })]);
        if (!d || !p || s !== st) return;
        app.trouble(null);
        show(d, p);
      })().catch((e: Error) => app.trouble(e.message));
    }
  };
}
