// A store that the tests make: a ladder that trains in seconds, its scores, a sealed forecast that was scored, and imported
// runs of two families, whose names are as hostile as a name can be.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOGLOG } from './browser.mjs';

export const loglog = (argv, cwd) => execFileSync(LOGLOG, argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });

const SPEC = `schema: loglog.spec/1
name: tiny
data: {source: markov, tokens: 60k}
model: {context: 16, widths: [8, 16, 32]}
train: {eval_windows: 16, final_windows: 64, eval_points: 8}
design: {kind: grid, params: [1536, 6144, 24576], tokens: [15k, 30k, 60k]}
`;

/** Loss by a planted law with a little noise, the same in every run of the tests. */
export function planted(n, seed, factor = 1, noise = 0.002) {
  let state = seed >>> 0;
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 4294967296;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const rows = [];
  for (let i = 0; i < n; i++) {
    const C = 10 ** (15 + 4 * Math.floor((i / n) * 6) / 5), N = Math.sqrt(C / 120) * 4 ** (2 * uniform() - 1), D = C / (6 * N);
    rows.push({ N, D, C, loss: (1.7 + factor * (400 / N ** 0.34 + 410 / D ** 0.28)) * Math.exp(noise * normal()) });
  }
  return rows;
}

const cell = (v) => (/[",\n\r]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v));

export function importRows(folder, store, rows) {
  const file = join(folder, 'rows.csv');
  writeFileSync(file, ['run,family,params,tokens,flops,loss', ...rows.map((r) => [r.run, r.family, r.N, r.D, r.C, r.loss].map(cell).join(','))].join('\n') + '\n');
  loglog(['runs', 'import', file, '--store', store, '--params-are', 'nonembedding'], folder);
}

export function makeFolder() {
  return mkdtempSync(join(process.env.TMPDIR ?? tmpdir(), 'loglog-page-'));
}

export function makeStore(folder, { probe = true } = {}) {
  const store = join(folder, 'page.db');
  writeFileSync(join(folder, 'tiny.yaml'), SPEC);
  loglog(['run', 'tiny.yaml', '--store', store, '--quiet'], folder);
  if (probe) loglog(['probe', 'run', 'position', '--windows', '8', '--store', store], folder);
  return store;
}
