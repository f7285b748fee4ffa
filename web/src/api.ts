// The server's documents, and the command lines that print the same. A request is a verb and its options; both the
// address and the command line are made from it.

export interface Request {
  verb: string; // "forecast at"
  args?: string[]; // positional
  options?: Record<string, string | number | boolean | string[] | null | undefined>;
}

export class Refused extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

export interface Page {
  schema: string;
  version: string;
  store: string;
  writable: boolean;
  models?: boolean;
  policies?: string[];
  routes: { path: string; verb: string; options?: string[] }[];
}

function pairs(q: Request): [string, string | null][] {
  const out: [string, string | null][] = [];
  for (const [key, v] of Object.entries(q.options ?? {})) {
    if (v === null || v === undefined || v === '' || v === false) continue;
    if (v === true) out.push([key, null]);
    else if (Array.isArray(v)) for (const one of v) out.push([key, one]);
    else out.push([key, String(v)]);
  }
  return out;
}

export function address(q: Request): string {
  const params = new URLSearchParams();
  for (const a of q.args ?? []) params.append('arg', a);
  for (const [k, v] of pairs(q)) params.append(k, v ?? '1');
  const query = params.toString();
  return `/api/${q.verb.split(' ').join('/')}${query ? `?${query}` : ''}`;
}

function word(s: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(s) ? s : `'${s.replace(/'/g, `'\\''`)}'`;
}

/** As one types it; verbs that read a store name it. */
export function commandLine(q: Request, store: string | null): string {
  const parts = ['loglog', q.verb, ...(q.args ?? []).map(word)];
  for (const [k, v] of pairs(q)) parts.push(v === null ? `--${k}` : `--${k} ${word(v)}`);
  if (store !== null) parts.push(`--store ${word(store)}`);
  return parts.join(' ');
}

export async function ask<T>(q: Request, signal?: AbortSignal): Promise<T> {
  return askAt<T>(address(q), signal);
}

/** How many answers are awaited: for who watches the page. */
let awaited = 0;
function expect(by: number): void {
  document.documentElement.dataset['awaited'] = String((awaited += by));
}

export async function askAt<T>(path: string, signal?: AbortSignal): Promise<T> {
  expect(1);
  try {
    return await fetched<T>(path, signal);
  } finally {
    expect(-1);
  }
}

async function fetched<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(path, { signal: signal ?? null, headers: { Accept: 'application/json' } });
  const type = answer.headers.get('Content-Type') ?? '';
  const body: unknown = type.includes('json') ? await answer.json() : await answer.text();
  if (!answer.ok) throw new Refused(said(body) ?? `${answer.status} ${answer.statusText}`, answer.status);
  return body as T;
}

function said(body: unknown): string | null {
  if (body && typeof body === 'object' && 'error' in body) return String((body as { error: unknown }).error);
  return typeof body === 'string' && body.length > 0 && body.length < 400 ? body : null;
}

export async function write<T>(path: string, options: Record<string, unknown>, token: string): Promise<T> {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ options: Object.fromEntries(Object.entries(options).filter(([, v]) => v !== null && v !== undefined && v !== '')) })
  });
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(said(body) ?? `${answer.status} ${answer.statusText}`, answer.status);
  return body as T;
}

/** One request at a time: a newer one takes the place of the one under way. */
export class Latest {
  private under: AbortController | null = null;
  async ask<T>(q: Request): Promise<T | null> {
    this.under?.abort();
    const mine = (this.under = new AbortController());
    try {
      return await ask<T>(q, mine.signal);
    } catch (e) {
      if (mine.signal.aborted) return null;
      throw e;
    }
  }
}

/** As often as answers come: while one question is under way only the newest of the others waits. */
export function following<A>(f: (a: A) => Promise<void>): (a: A) => void {
  let under = false, newest: A[] = [];
  return (a) => {
    newest = [a];
    if (under) return;
    under = true;
    void (async () => {
      while (newest.length) await f(newest.pop() as A);
      under = false;
    })();
  };
}

export type Live = 'connected' | 'waiting' | 'never';

/** Server-sent events. The browser reconnects by itself while the server answers; where it gave up, or the machine
 * slept, a new stream is opened that goes on from the last event seen. */
export class Events {
  private source: EventSource | null = null;
  private last = '';
  private heard = Date.now();
  private wait = 500;
  constructor(
    private readonly on: Record<string, (data: unknown) => void>,
    private readonly state: (s: Live) => void
  ) {
    this.open();
    window.setInterval(() => this.check(), 5000);
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.check());
    window.addEventListener('online', () => this.open());
  }
  private open(): void {
    this.source?.close();
    const s = (this.source = new EventSource(`/api/events${this.last ? `?after=${encodeURIComponent(this.last)}` : ''}`));
    s.onopen = () => {
      this.heard = Date.now();
      this.wait = 500;
      this.state('connected');
    };
    s.onerror = () => {
      this.state('waiting');
      if (s.readyState === EventSource.CLOSED) {
        window.setTimeout(() => s === this.source && this.open(), this.wait);
        this.wait = Math.min(8000, this.wait * 2);
      }
    };
    for (const [name, f] of Object.entries(this.on))
      s.addEventListener(name, (e) => {
        this.heard = Date.now();
        if (e.lastEventId) this.last = e.lastEventId;
        try {
          f(JSON.parse(e.data as string));
        } catch (error) {
          console.error(error);
        }
      });
  }
  /** Timers stand still while a machine sleeps: a gap means that the stream may be dead without knowing. */
  private ticked = Date.now();
  private check(): void {
    const gap = Date.now() - this.ticked;
    this.ticked = Date.now();
    if (gap > 20000 || (this.source?.readyState === EventSource.CLOSED && Date.now() - this.heard > 10000)) this.open();
  }
}
