// What is looked at, as the fragment of the address: #/law?law=chinchilla&out=RUN&out=RUN. A link is a state.

export class State {
  constructor(readonly view: string, readonly params: URLSearchParams) {}
  get(key: string, otherwise = ''): string {
    return this.params.get(key) ?? otherwise;
  }
  /** The state with some of it changed. */
  with(change: Change): State {
    return new State(this.view, changed(this, change));
  }
  all(key: string): string[] {
    return this.params.getAll(key);
  }
  has(key: string): boolean {
    return this.params.has(key);
  }
}

export function read(hash: string, views: readonly string[]): State {
  const m = /^#\/([a-z]+)(?:\?(.*))?$/.exec(hash);
  const view = m && views.includes(m[1] as string) ? (m[1] as string) : (views[0] as string);
  return new State(view, new URLSearchParams(m ? (m[2] ?? '') : ''));
}

export function link(view: string, params: URLSearchParams): string {
  const q = params.toString();
  return `#/${view}${q ? `?${q}` : ''}`;
}

/** What belongs to the fit and goes along from view to view. */
export const SHARED = ['ladder', 'law', 'lo', 'hi', 'out', 'fix', 'objective', 'x', 'bootstrap'] as const;

export function carried(from: URLSearchParams): URLSearchParams {
  const to = new URLSearchParams();
  for (const key of SHARED) for (const v of from.getAll(key)) to.append(key, v);
  return to;
}

type Change = Record<string, string | number | string[] | null>;

export function changed(s: State, change: Change): URLSearchParams {
  const p = new URLSearchParams(s.params);
  for (const [k, v] of Object.entries(change)) {
    p.delete(k);
    if (v === null || v === '') continue;
    if (Array.isArray(v)) for (const one of v) p.append(k, one);
    else p.set(k, String(v));
  }
  return p;
}

/** A clause of --where in which text stands as it is; null where it holds both kinds of quotes. */
export function quoted(text: string): string | null {
  if (!text.includes("'")) return `'${text}'`;
  return text.includes('"') ? null : `"${text}"`;
}

/** The law alone, as fast as it is had: what is asked for while a hand moves. */
export const MOVING = { bootstrap: 0, 'no-outlook': true, starts: 100 } as const;

/** The options that choose the runs and the law. */
export function fitOptions(s: State): Record<string, string | null> {
  const where: string[] = [];
  if (s.has('lo')) where.push(`flops >= ${s.get('lo')}`);
  if (s.has('hi')) where.push(`flops <= ${s.get('hi')}`);
  for (const run of s.all('out')) {
    const q = quoted(run);
    if (q) where.push(`id != ${q}`);
  }
  return {
    law: s.get('law') || null,
    x: s.get('x') || null,
    ladder: s.get('ladder') || null,
    objective: s.get('objective') || null,
    fix: s.get('fix') || null,
    where: where.join(' and ') || null,
    bootstrap: s.get('bootstrap') || null
  };
}
