// A law's form as people write it: E + A/N^alpha becomes E + A/Nᵅ, with real raised and lowered letters.
import { h } from '../dom';

const GREEK: Record<string, string> = {
  alpha: 'α', beta: 'β', gamma: 'γ', delta: 'δ', epsilon: 'ε', lambda: 'λ', mu: 'μ', nu: 'ν', rho: 'ρ', sigma: 'σ', tau: 'τ', kappa: 'κ', eta: 'η', theta: 'θ', zeta: 'ζ', phi: 'φ', psi: 'ψ', omega: 'ω'
};

/** alpha_B as α with a lowered B. */
export function symbol(name: string): Node[] {
  const [head, ...tail] = name.split('_') as [string, ...string[]];
  const greek = (w: string) => GREEK[w] ?? w;
  return [document.createTextNode(greek(head)), ...tail.map((t) => h('sub', {}, greek(t)))];
}

export function formula(form: string): HTMLElement {
  const out = h('span', {});
  let i = 0;
  const read = (to: Node, text: string) => {
    for (const w of text.match(/[A-Za-z][A-Za-z0-9_]*|[^A-Za-z]+/g) ?? []) for (const n of /[A-Za-z]/.test(w[0] ?? '') ? symbol(w) : [document.createTextNode(w.replace(/-/g, '−').replace(/\*/g, '·'))]) to.appendChild(n);
  };
  while (i < form.length) {
    const at = form.indexOf('^', i);
    if (at < 0) break;
    read(out, form.slice(i, at));
    let end = at + 1;
    if (form[end] === '(') {
      let depth = 0;
      do depth += form[end] === '(' ? 1 : form[end] === ')' ? -1 : 0;
      while (depth > 0 && ++end < form.length);
      end++;
    } else end = at + 1 + (/^[-+]?[A-Za-z0-9_.]+/.exec(form.slice(at + 1))?.[0].length ?? 1);
    const raised = form.slice(at + 1, end), sup = h('sup');
    read(sup, raised.startsWith('(') && raised.endsWith(')') ? raised.slice(1, -1) : raised);
    out.append(sup);
    i = end;
  }
  read(out, form.slice(i));
  return out;
}
