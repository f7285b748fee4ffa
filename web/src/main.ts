// The shell: views by name, the address as the state, keys, the line with the command that gives the same numbers.
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { askAt, commandLine, Events, Refused, write, type Page, type Request } from './api';
import { fill, h } from './dom';
import { setTheme } from './parts/theme';
import { carried, changed, link, read } from './state';
import type { App, View } from './view';
import { ladder, type Status } from './views/ladder';
import { law } from './views/law';
import { forecast } from './views/forecast';
import { plan } from './views/plan';
import { scores } from './views/scores';
import { compare } from './views/compare';
import { gate } from './views/gate';

const VIEWS: Record<string, [string, (app: App) => View]> = {
  ladder: ['Ladder', ladder], law: ['Law', law], forecast: ['Forecast', forecast], plan: ['Plan', plan],
  scores: ['Scores', scores], compare: ['Compare', compare], gate: ['Gate', gate]
};
const NAMES = Object.keys(VIEWS);
const THEMES = ['auto', 'light', 'dark'];

function start(page: Page): void {
  const made = new Map<string, View>();
  let now = read(location.hash, NAMES), ladders: { id: string; name: string }[] = [], token: string | null = null, work = 0, shown = '', newest: string | null = null;

  const tabs = h('nav', { 'aria-label': 'views' });
  const main = h('main', { tabindex: -1 });
  const lines = h('div', { class: 'lines' });
  const trouble = h('div', { class: 'trouble', role: 'alert', hidden: true });
  const live = h('span', { class: 'live', role: 'status' }, 'connecting');
  const which = h('select', { 'aria-label': 'ladder', onchange: () => app.go({ ladder: which.value || null }) });
  const tone = h('button', { type: 'button', title: 'light, dark, or as the system has it', onclick: () => turn() }, 'auto');
  const help = h('dialog', { 'aria-label': 'keys' });

  function turn(): void {
    const next = THEMES[(THEMES.indexOf(localStorage.getItem('theme') ?? 'auto') + 1) % 3] as string;
    localStorage.setItem('theme', next);
    paintTheme();
  }
  function paintTheme(): void {
    const t = localStorage.getItem('theme') ?? 'auto';
    tone.textContent = t;
    setTheme(t);
  }

  const app: App = {
    page,
    go(change, keep) {
      const target = link(now.view, changed(now, change));
      if (target === location.hash) return;
      if (keep) history.replaceState(null, '', target);
      else history.pushState(null, '', target);
      route();
    },
    open(view, change) {
      const params = carried(now.params);
      for (const [k, v] of Object.entries(change)) v === null ? params.delete(k) : params.set(k, v);
      location.hash = link(view, params);
    },
    says(requests) {
      fill(lines, ...requests.map((q) => line(q)));
    },
    trouble(message) {
      trouble.hidden = !message;
      fill(trouble, message ? `! ${message}` : '');
    },
    busy(on) {
      work += on ? 1 : -1;
      document.body.classList.toggle('busy', work > 0);
    },
    async ladder(st) {
      const named = st.get('ladder');
      if (named) return named === 'all' ? null : named;
      await known;
      return newest;
    },
    async write<T>(path: string, options: Record<string, unknown>) {
      token = token ?? (await askToken());
      if (!page.writable || !token) return null;
      try {
        return await write<T>(path, options, token);
      } catch (e) {
        if (e instanceof Refused && (e.status === 401 || e.status === 403)) token = null; // it may have been mistyped
        throw e;
      }
    }
  };

  function line(q: Request & { storeless?: boolean }): HTMLElement {
    const text = commandLine(q, q.storeless ? null : page.store);
    const copy = h('button', { type: 'button', title: 'copy', 'aria-label': `copy: ${text}`, onclick: () => void navigator.clipboard.writeText(text).then(() => (copy.textContent = 'copied'), () => (copy.textContent = 'select it')) }, 'copy');
    return h('div', { class: 'line' }, h('code', {}, text), copy);
  }

  /** The token stays in this page's memory: not in a link, not in the browser's store. */
  function askToken(): Promise<string | null> {
    return new Promise((ok) => {
      const input = h('input', { type: 'password', 'aria-label': 'token', autocomplete: 'off' });
      const box = h('dialog', {}, h('form', { method: 'dialog', onsubmit: () => ok(input.value || null) },
        h('p', {}, 'Writing needs the token of serve --token-file.'), input, h('button', {}, 'use')));
      box.addEventListener('cancel', () => ok(null));
      box.addEventListener('close', () => box.remove());
      document.body.append(box);
      box.showModal();
    });
  }

  /** A step in the history is told twice, as a change of the fragment and as one of the state. */
  function arrived(): void {
    if (location.hash !== shown) route();
  }

  function route(): void {
    shown = location.hash;
    now = read(location.hash, NAMES);
    let view = made.get(now.view);
    if (!view) made.set(now.view, (view = (VIEWS[now.view] as [string, (app: App) => View])[1](app)));
    if (main.firstChild !== view.root) {
      main.replaceChildren(view.root);
      app.trouble(null);
    }
    document.title = `${(VIEWS[now.view] as [string, unknown])[0]} · loglog`;
    fill(tabs, ...NAMES.map((n, i) => h('a', { href: link(n, carried(now.params)), 'aria-current': n === now.view ? 'page' : null }, (VIEWS[n] as [string, unknown])[0], h('kbd', { 'aria-hidden': 'true' }, i + 1))));
    which.value = now.get('ladder');
    view.update(now);
  }

  function offerLadders(s: Status): void {
    const list = s.ladders.map((l) => ({ id: l.ladder || 'imported', name: l.name || 'imported' }));
    const own = s.ladders.filter((l) => l.ladder);
    newest = own.reduce<(typeof own)[number] | null>((a, l) => (a && a.created >= l.created ? a : l), null)?.ladder ?? (list.length ? 'imported' : null);
    if (JSON.stringify(list) === JSON.stringify(ladders)) return;
    ladders = list;
    fill(which, h('option', { value: '' }, 'newest ladder'), ...list.map((l) => h('option', { value: l.id }, `${l.name} ${l.id.slice(0, 8)}`)), list.length > 1 ? h('option', { value: 'all' }, 'all ladders') : null);
    which.value = now.get('ladder');
  }

  function showKeys(): void {
    const own = made.get(now.view)?.keys ?? [];
    const all: [string, string][] = [['1 to 7', 'views'], ['t', 'light or dark'], ['c', 'copy the command line'], ['l', 'copy a link to this state'], ['?', 'these keys'], ...own,
      ['in a figure', ''], ['← →', 'from mark to mark'], ['+ − 0', 'zoom, and back'], ['Shift ← → ↑ ↓', 'move'], ['Enter', 'pick'],
      ['in a table', ''], ['↑ ↓ Home End', 'rows'], ['Enter', 'choose']];
    fill(help, h('h2', {}, 'Keys'), h('dl', { class: 'keys' }, ...all.flatMap(([k, v]) => (v ? [h('dt', {}, h('kbd', {}, k)), h('dd', {}, v)] : [h('dt', { class: 'sub' }, k), h('dd', {})]))),
      h('form', { method: 'dialog' }, h('button', {}, 'close')));
    help.showModal();
  }

  document.addEventListener('keydown', (e) => {
    const el = e.target as HTMLElement;
    if (e.ctrlKey || e.metaKey || e.altKey || help.open || /^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName)) return;
    const i = Number(e.key) - 1;
    if (e.key >= '1' && e.key <= '7') location.hash = link(NAMES[i] as string, carried(now.params));
    else if (e.key === 't') turn();
    else if (e.key === '?') showKeys();
    else if (e.key === 'c') void navigator.clipboard?.writeText([...lines.querySelectorAll('code')].map((x) => x.textContent).join('\n'));
    else if (e.key === 'l') void navigator.clipboard?.writeText(location.href);
    else if (!made.get(now.view)?.key?.(e.key)) return;
    e.preventDefault();
  });

  fill(document.getElementById('app') as HTMLElement,
    h('a', { class: 'skip', href: '#main', onclick: (e: Event) => (e.preventDefault(), main.focus()) }, 'to the view'),
    h('header', {}, h('a', { class: 'mark', href: '#/ladder' }, 'loglog'), tabs, h('span', { class: 'grow' }), which, live, tone, h('button', { type: 'button', title: 'keys', onclick: showKeys }, '?')),
    trouble, main,
    h('footer', {}, h('h2', {}, 'the same numbers'), lines, h('small', {}, `loglog ${page.version} · ${page.store}${page.writable ? '' : ' · reading only'}`)), help);

  const known = askAt<Status>('/api/status').then(offerLadders).catch((e: Error) => app.trouble(e.message));
  paintTheme();
  window.addEventListener('hashchange', arrived);
  window.addEventListener('popstate', arrived);
  let finished = '';
  const tell = (name: string) => (data: unknown) => {
    if (name === 'status') offerLadders(data as Status);
    for (const v of made.values()) v.event?.(name, data);
    const done = name === 'status' ? (data as Status).ladders.map((l) => `${l.ladder} ${l.states['done']}`).join() : finished;
    if (name === 'resync' || (finished && done !== finished)) anew();
    finished = done;
  };
  /** A run ended: the laws stand on one more. */
  function anew(): void {
    for (const v of made.values()) v.forget?.();
    const view = made.get(now.view);
    if (view?.forget) view.update(now);
  }
  new Events({ status: tell('status'), point: tell('point'), ledger: tell('ledger'), resync: tell('resync') }, (st) => {
    live.textContent = st === 'connected' ? 'live' : 'reconnecting';
    live.className = `live ${st}`;
  });
  route();
}

function main(): void {
  askAt<Page>('/api/page').then(start, (e: Error) => {
    const app = document.getElementById('app') as HTMLElement;
    if (e instanceof Refused && e.status === 401) return fill(app, signIn());
    fill(app, h('p', { class: 'trouble', role: 'alert' }, `! the server does not answer: ${e.message}`));
    setTimeout(main, 2000);
  });
}

/** A server that other machines reach asks for its token before it shows anything. */
function signIn(): HTMLElement {
  const input = h('input', { type: 'password', 'aria-label': 'token', autocomplete: 'off' }), said = h('p', { role: 'alert' });
  const use = async (e: Event) => {
    e.preventDefault();
    await write('/api/session', {}, input.value).then(main, (why: Error) => fill(said, why.message));
  };
  return h('main', {}, h('form', { class: 'sign', onsubmit: (e: Event) => void use(e) }, h('p', {}, 'This server asks for the token of serve --token-file.'), input, h('button', {}, 'enter'), said));
}
main();
