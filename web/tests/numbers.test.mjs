// The page's numbers are the command line's: for random states of the controls the command that the page shows is run, and
// what stands on the page has to be its number, rounded. STATES says how many states.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { browse, LOGLOG, quiet, serve } from './browser.mjs';
import { importRows, loglog, makeFolder, planted } from './store.mjs';

const STATES = Number(process.env.STATES ?? 6);
let folder, store, server, browser, page, seed = 12345;
const random = (n) => Math.floor((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 65536) % n;
const one = (list) => list[random(list.length)];

before(async () => {
  folder = makeFolder();
  store = join(folder, 'page.db');
  importRows(folder, store, planted(36, 11).map((r, i) => ({ ...r, run: `r${i}`, family: 'f' })));
  server = await serve(store);
  browser = await browse();
  page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
});
after(async () => {
  await browser?.close();
  await server?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** What the first command line of the page prints, as a document. */
async function printed() {
  const line = await page.locator('.line code').first().innerText();
  assert.match(line, /^loglog /);
  return JSON.parse(execFileSync('/bin/sh', ['-c', `exec "$LOGLOG" ${line.slice('loglog '.length)} --json`], { env: { ...process.env, LOGLOG }, encoding: 'utf8', maxBuffer: 1 << 26 }));
}

const UNITS = { k: 1e3, M: 1e6, B: 1e9, T: 1e12 };
/** Shown as 1.23, 25.1k or 3.2×10¹⁴; half a unit of its last digit is allowed. */
function same(shown, value, what) {
  const plain = shown.replaceAll('−', '-').replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+/g, (c) => `^${[...c].map((x) => '0123456789-'['⁰¹²³⁴⁵⁶⁷⁸⁹⁻'.indexOf(x)]).join('')}`).trim();
  const m = /^\$?(-?[\d.]+)(?:×10\^(-?\d+))?([kMBT]?)/.exec(plain) ?? /^()10\^(-?\d+)/.exec(plain);
  assert.ok(m, `${what}: '${shown}' is a number`);
  const scale = (UNITS[m[3]] ?? 1) * 10 ** Number(m[2] ?? 0), digits = m[1] === '' ? '1' : m[1];
  const last = scale * 10 ** -(digits.split('.')[1]?.length ?? 0);
  assert.ok(Math.abs(Number(digits) * scale - value) <= 0.5001 * last, `${what}: the page says ${shown}, the program ${value}`);
}

function fitState() {
  const q = new URLSearchParams({ bootstrap: one(['30', '60']), objective: one(['', 'ls_log', 'lad_log']) });
  if (random(2)) q.set('lo', one(['1e15', '2e15', '5e15']));
  if (random(3) === 0) q.set('fix', one(['E=1.7', 'E=1.6', 'beta=0.28']));
  return q;
}

const look = {
  async law(q) {
    await page.goto(`${server.url}/#/law?${q}`);
    await quiet(page);
    const d = await printed();
    const rows = await page.locator('.answer .facts > div').evaluateAll((all) => all.map((r) => [...r.children].map((c) => c.textContent)));
    const names = { E: 'E', A: 'A', B: 'B', alpha: 'α', beta: 'β' };
    for (const [name, sign] of Object.entries(names)) same(rows.find((r) => r[0] === sign)[1], d.params[name].value, name);
    same(rows.find((r) => r[0] === 'runs')[1], d.n, 'runs');
  },
  async forecast(q) {
    q.set('params', one(['1e8', '3e9', '2e10']));
    q.set('tokens', one(['1e9', '5e10', '1e12']));
    await page.goto(`${server.url}/#/forecast?${q}`);
    await quiet(page);
    const d = await printed();
    same((await page.locator('.answer .big').innerText()).split(' ')[0], d.forecast.value, 'forecast');
    const [lo, hi] = (await page.locator('.answer .range').innerText()).split(',')[0].split(' to ');
    same(lo, d.forecast.ci[0], 'its lower end');
    same(hi, d.forecast.ci[1], 'its upper end');
  },
  async plan(q) {
    q.set('amount', one(['1e20', '3e21', '1e23']));
    await page.goto(`${server.url}/#/plan?${q}`);
    await quiet(page);
    const d = await printed();
    const [N, D, L, usd] = await page.locator('.tile > b').allInnerTexts();
    same(N, d.params.value, 'N');
    same(D, d.tokens.value, 'D');
    same(L, d.loss.value, 'loss');
    same(usd, d.usd.value, 'dollars');
  }
};

test('the law that is drawn while a window is dragged is that of fit', async () => {
  const q = new URLSearchParams({ arg: 'triptych', bootstrap: '0', starts: '100', 'no-outlook': '1', where: 'flops >= 2e15 and flops <= 5e18' });
  const drawn = (await (await fetch(`${server.url}/api/plot?${q}`)).json()).fit;
  const fit = JSON.parse(loglog(['fit', '--store', store, '--bootstrap', '0', '--starts', '100', '--no-outlook', '--where', q.get('where'), '--json'], folder));
  assert.ok(fit.n < 36 && fit.n > 10, String(fit.n));
  assert.equal(drawn.n, fit.n);
  assert.deepEqual(drawn.params, fit.params);
  assert.deepEqual(drawn.derived, fit.derived);
});

test('runs that are left out are held against one forecast, each as it is alone', async () => {
  const asked = [], hear = (r) => r.url().includes('/api/forecast/at') && asked.push(r.url());
  page.on('request', hear);
  const runs = JSON.parse(loglog(['runs', 'list', '--store', store, '--json'], folder)).runs, names = ['r3', 'r20', 'r7'];
  const out = names.map((name) => ['out', runs.find((r) => r.name === name).id]);
  await page.goto(`${server.url}/#/law?${new URLSearchParams([['bootstrap', '30'], ...out])}`);
  await quiet(page);
  page.off('request', hear);
  assert.equal(asked.length, 1, asked.join('\n'));
  const where = new URL(asked[0]).searchParams.get('where');
  for (const [i, name] of names.entries()) {
    const run = runs.find((r) => r.name === name), line = page.locator('.out').nth(i);
    const d = JSON.parse(loglog(['forecast', 'at', '--store', store, '--bootstrap', '200', '--where', where, '--params', String(run.params), '--tokens', String(run.tokens), '--json'], folder));
    assert.equal(d.n, 33);
    assert.equal(await line.locator('b').innerText(), name);
    const [word, lo, hi] = /(inside|outside) (\S+) to (\S+)/.exec(await line.locator('small').innerText()).slice(1);
    same(lo, d.forecast.ci[0], `${name}, lower end`);
    same(hi, d.forecast.ci[1], `${name}, upper end`);
    assert.equal(word, run.loss >= d.forecast.ci[0] && run.loss <= d.forecast.ci[1] ? 'inside' : 'outside');
  }
});

for (let k = 0; k < STATES; k++) {
  const view = Object.keys(look)[k % 3], q = fitState();
  test(`state ${k + 1}: ${view}?${q}`, () => look[view](q));
}
