// Runs as the store lists them, and what several views show of them.
import { address, askAt } from '../api';
import { count, duration, fixed, percent, power } from '../numbers';
import type { Column } from './table';

export interface Run {
  id: string;
  ladder: string;
  name: string;
  family?: string;
  role?: string;
  state: string;
  seed?: number;
  params?: number;
  params_total?: number;
  tokens?: number;
  flops?: number;
  loss?: number | null;
  loss_se?: number | null;
  steps?: number;
  tokens_per_s?: number | null;
  wall_s?: number | null;
  bits_per_byte?: number | null;
  [key: string]: unknown;
}

export interface Live {
  name: string;
  step: number;
  steps: number;
  train_loss: number | null;
  tokens_per_s: number | null;
  left_s: number | null;
}

const COLUMNS = 'id,ladder,name,family,role,arm,state,seed,params,params_total,tokens,flops,loss,loss_se,steps,tokens_per_s,wall_s,precision,kernels,host';
interface Columns { n: number; columns: Record<string, (string | number | null)[]> }

export function rowsOf(d: Columns): Record<string, string | number | null>[] {
  const names = Object.keys(d.columns), out: Record<string, string | number | null>[] = [];
  for (let i = 0; i < d.n; i++) {
    const row: Record<string, string | number | null> = {};
    for (const k of names) row[k] = d.columns[k]?.[i] ?? null;
    out.push(row);
  }
  return out;
}

/** Of a ladder by its id, of those that were imported, or (null) of all. */
export type LadderId = string | 'imported' | null;

/** What --ladder of 'runs list' takes: it has no word for the imported, whose ladder is empty. */
export function listOptions(ladder: LadderId): Record<string, string | null> {
  return ladder === 'imported' ? { where: "ladder = ''" } : { ladder };
}

/** Runs by their columns: a hundred thousand of them in one answer of some megabytes. */
export async function listRuns(ladder: LadderId, state?: string): Promise<Run[]> {
  const d = await askAt<Columns>(address({ verb: 'runs columns', options: { ...listOptions(ladder), state: state ?? null, columns: COLUMNS } }));
  return rowsOf(d) as unknown as Run[];
}

export const STATE_SIGN: Record<string, string> = { done: '●', running: '◐', planned: '○', failed: '✕', stopped: '■' };

export function runColumns(live: (r: Run) => Live | undefined, judged: (r: Run) => string): Column<Run>[] {
  return [
    { key: 'name', head: 'run', value: (r) => r.name || r.id, wide: 14, left: true },
    { key: 'state', head: 'state', value: (r) => r.state, text: (r) => `${STATE_SIGN[r.state] ?? ''} ${r.state}${judged(r)}`, mark: (r) => `s-${r.state}`, wide: 14, left: true },
    { key: 'progress', head: 'progress', value: (r) => { const l = live(r); return r.state === 'done' ? 1 : l ? l.step / l.steps : r.state === 'planned' ? 0 : null; }, text: (r) => { const l = live(r); return r.state === 'done' ? '100 %' : l ? percent(l.step / l.steps) : '–'; } },
    { key: 'params', head: 'N', title: 'parameters without embeddings', value: (r) => r.params ?? r.params_total, text: (r) => count(r.params ?? r.params_total) },
    { key: 'tokens', head: 'D', title: 'training tokens', value: (r) => r.tokens, text: (r) => count(r.tokens) },
    { key: 'flops', head: 'C', title: 'FLOPs, 6ND', value: (r) => r.flops, text: (r) => power(r.flops, 3), wide: 10 },
    { key: 'loss', head: 'loss', title: 'validation loss, nats per token', value: (r) => r.loss ?? live(r)?.train_loss, text: (r) => (r.loss != null ? fixed(r.loss, 4) : live(r)?.train_loss != null ? `~${fixed(live(r)?.train_loss, 3)}` : '–') },
    { key: 'loss_se', head: '±', title: 'standard error of the evaluation', value: (r) => r.loss_se, text: (r) => fixed(r.loss_se, 4) },
    { key: 'bits_per_byte', head: 'bits/byte', value: (r) => r.bits_per_byte, text: (r) => fixed(r.bits_per_byte, 4) },
    { key: 'tokens_per_s', head: 'tokens/s', value: (r) => live(r)?.tokens_per_s ?? r.tokens_per_s, text: (r) => count(live(r)?.tokens_per_s ?? r.tokens_per_s) },
    { key: 'left_s', head: 'time left', value: (r) => live(r)?.left_s, text: (r) => (live(r) ? duration(live(r)?.left_s) : '–') },
    { key: 'wall_s', head: 'wall time', value: (r) => r.wall_s, text: (r) => duration(r.wall_s) }
  ];
}
