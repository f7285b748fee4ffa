// Controls of a view's side: each is bound to one key of the state.
import { h } from '../dom';

export interface Control {
  root: HTMLElement;
  show(value: string): void;
}

let ids = 0;
const labelled = (label: string, input: HTMLElement, hint?: string): HTMLElement => {
  input.id = `c${++ids}`;
  return h('div', { class: 'control' }, h('label', { for: input.id }, label), input, hint ? h('small', {}, hint) : null);
};

export function choice(label: string, options: [string, string][], on: (v: string) => void, hint?: string): Control & { offer(o: [string, string][]): void } {
  const input = h('select', { onchange: () => on(input.value) });
  const offer = (o: [string, string][]) => input.replaceChildren(...o.map(([v, text]) => h('option', { value: v }, text)));
  offer(options);
  return { root: labelled(label, input, hint), show: (v) => void (input.value = v), offer };
}

/** Takes what the program takes; Enter or leaving it applies. */
export function field(label: string, on: (v: string) => void, o: { hint?: string; placeholder?: string; wide?: boolean } = {}): Control {
  const input = h('input', { type: 'text', placeholder: o.placeholder ?? '', spellcheck: 'false', autocomplete: 'off', onchange: () => on(input.value.trim()) });
  return { root: labelled(label, input, o.hint), show: (v) => document.activeElement !== input && void (input.value = v) };
}

export function toggle(label: string, on: (v: boolean) => void): Control {
  const input = h('input', { type: 'checkbox', onchange: () => on(input.checked) });
  return { root: h('label', { class: 'toggle' }, input, label), show: (v) => void (input.checked = v === '1') };
}

/** A slider in powers of ten with a field beside it; off: it may be without a value. */
export function slider(label: string, o: { from: number; to: number; off?: string; text: (v: number) => string; parse: (s: string) => number; plain: (v: number) => string; on: (v: string, done: boolean) => void; linear?: boolean }): Control {
  const to = (s: number) => (o.linear ? s : 10 ** s), of = (v: number) => (o.linear ? v : Math.log10(v));
  const range = h('input', { type: 'range', min: of(o.from), max: of(o.to), step: o.linear ? 1 : 0.02, 'aria-label': `${label}, slider` });
  const text = h('input', { type: 'text', spellcheck: 'false', autocomplete: 'off', placeholder: o.off ?? '' });
  range.addEventListener('input', () => {
    const v = o.plain(to(Number(range.value)));
    text.value = o.text(Number(v));
    o.on(v, false);
  });
  range.addEventListener('change', () => o.on(o.plain(to(Number(range.value))), true));
  text.addEventListener('change', () => {
    const v = o.parse(text.value);
    o.on(text.value.trim() === '' || !Number.isFinite(v) ? '' : o.plain(v), true);
  });
  const root = labelled(label, text);
  root.classList.add('slider');
  root.append(range);
  return {
    root,
    show: (v) => {
      if (document.activeElement !== text) text.value = v === '' ? '' : o.text(Number(v));
      range.classList.toggle('unset', v === '');
      if (document.activeElement !== range) range.value = String(v === '' ? of(o.from) : of(Number(v)));
    }
  };
}

export function group(title: string, ...parts: (HTMLElement | null)[]): HTMLElement {
  return h('section', { class: 'group' }, h('h2', {}, title), ...parts);
}

export function button(text: string, on: () => void, title?: string): HTMLButtonElement {
  return h('button', { type: 'button', onclick: on, title: title ?? null }, text);
}

/** Names and numbers, aligned. */
export function facts(rows: [string | Node, string | Node, (string | null)?][]): HTMLElement {
  return h('dl', { class: 'facts' }, ...rows.map(([name, value, note]) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, value), h('dd', {}, note ? h('small', {}, note) : null))));
}
