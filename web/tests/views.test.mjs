// A walk through every view as a reader takes it, on a store that was made for it.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browse, LOGLOG, quiet, serve } from './browser.mjs';
import { importRows, makeFolder, makeStore, planted } from './store.mjs';

let folder, store, server, browser, page;
const errors = [];

before(async () => {
  folder = makeFolder();
  store = makeStore(folder);
  const two = ['plain', 'tuned'].flatMap((family, k) => planted(24, 5, k ? 0.95 : 1).map((r, i) => ({ ...r, run: `${family}-${i}`, family })));
  importRows(folder, store, two);
  writeFileSync(join(folder, 'lines.yaml'), 'schema: loglog.policy/1\nname: lines\nevaluate: {needed: false}\nlevels:\n  - {name: big, about: large runs, lines: [{of: flops, at_least: 1e6}], requires: [{name: card, what: a model card}]}\n');
  writeFileSync(join(folder, 'token'), 'a-secret-of-the-tests-0123456789\n', { mode: 0o600 });
  server = await serve(store, ['--policy', join(folder, 'lines.yaml'), '--token-file', join(folder, 'token')]);
  browser = await browse();
  page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  page.setDefaultTimeout(30000); // a busy machine is no fault
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => m.type() === 'error' && !/status of 400/.test(m.text()) && errors.push(m.text()));
  page.on('response', (r) => r.status() >= 400 && !dragged(r) && errors.push(`${r.status()} ${r.url()}`));
});
after(async () => {
  await browser?.close();
  await server?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** While a window is dragged it may hold too few runs for a law, and the server says so. */
const dragged = (r) => r.status() === 400 && /[?&]bootstrap=0/.test(r.url());

const open = async (hash) => {
  await page.goto(`${server.url}/#/${hash}`);
  await quiet(page);
};
const text = (selector) => page.locator(selector).first().innerText();
const hash = () => page.evaluate(() => location.hash);
const trouble = async () => assert.equal(await page.locator('.trouble').isVisible(), false, await page.locator('.trouble').innerText().catch(() => ''));

test('ladder: runs, curves, a card, sorting, filtering', async () => {
  await open('ladder');
  assert.match(await text('.strip'), /tiny[\s\S]*100 %/);
  assert.equal(await page.locator('.table .said').first().innerText(), '9 rows');
  await page.locator('.th button', { hasText: 'loss' }).click();
  const losses = (await page.locator('.rows .tr > div:nth-child(7)').allInnerTexts()).map(Number);
  assert.deepEqual(losses, [...losses].sort((a, b) => b - a));
  await page.locator('.table input[type=search]').fill('params>5k tokens<=30k');
  await page.waitForFunction(() => document.querySelectorAll('.ladder .rows .tr').length === 4);
  await page.locator('.rows .tr').first().click();
  await quiet(page);
  assert.match(await hash(), /run=/);
  assert.match(await text(".card h2"), /-(15|30)\.0k/);
  const saved = page.waitForEvent('download');
  await page.locator('.bar button', { hasText: 'CSV' }).first().click();
  assert.equal((await saved).suggestedFilename(), 'runs.csv');
  await trouble();
});

test('law: a run is left out by a click and taken back, the window is dragged, E is pinned', async () => {
  await open('law?ladder=imported&bootstrap=50');
  const n = async () => Number(await page.locator('.answer .facts div', { hasText: 'runs' }).last().locator('dd').first().innerText());
  assert.equal(await n(), 48);
  const first = page.locator('.triptych .chart').first();
  await first.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await quiet(page);
  assert.match(await hash(), /out=/);
  assert.equal(await n(), 47);
  assert.match(await text('.outs'), /inside|outside/);
  await page.locator('.outs button', { hasText: 'take back' }).click();
  await quiet(page);
  assert.equal(await n(), 48);
  const box = await first.locator('.u-over').boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 4 });
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.5, { steps: 4 });
  await page.mouse.up();
  await quiet(page);
  assert.match(await hash(), /lo=.*hi=/);
  assert.ok((await n()) < 48);
  await page.locator('button', { hasText: 'all runs' }).click();
  await quiet(page);
  await page.getByLabel('pin a parameter').fill('1.7');
  await page.keyboard.press('Enter');
  await quiet(page);
  assert.match(await hash(), /fix=E%3D1.7/);
  assert.match(await text('.answer .facts'), /E\s*1\.7/);
  assert.match(await text('footer'), /loglog fit .*--fix E=1\.7/);
  await trouble();
});

test('forecast: the point is dragged, moved by keys, and sealed with the token', async () => {
  await open('forecast?ladder=imported&bootstrap=50&params=1e9&tokens=2e10');
  assert.match(await text('.answer .range'), /, 90\s% predictive interval/);
  assert.match(await text('.answer .facts'), /law's curve[\s\S]*90\s% confidence/);
  assert.match(await text('.answer .note'), /predictive interval first/);
  const first = parseFloat(await text('.answer .big'));
  assert.ok(first > 1.7 && first < 3, String(first));
  const over = await page.locator('.chart .u-over').first().boundingBox();
  await page.mouse.move(over.x + over.width * 0.5, over.y + over.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(over.x + over.width * 0.9, over.y + over.height * 0.15, { steps: 5 });
  await page.mouse.up();
  await quiet(page);
  assert.doesNotMatch(await hash(), /params=1e9&/);
  const before = await hash();
  await page.locator('.chart').first().focus();
  await page.keyboard.press('ArrowRight');
  await quiet(page);
  assert.notEqual(await hash(), before);
  const entries = await page.locator('h2:has-text("the ledger") ~ .table .said').innerText();
  await page.locator('button', { hasText: 'seal this forecast' }).click();
  await page.locator('dialog input[type=password]').fill('a-secret-of-the-tests-0123456789');
  await page.locator('dialog button', { hasText: 'use' }).click();
  await page.waitForFunction(() => /sealed: \S/.test(document.querySelector('.seal').textContent), null, { timeout: 20000 });
  await quiet(page);
  assert.notEqual(await page.locator('h2:has-text("the ledger") ~ .table .said').innerText(), entries);
  await trouble();
});

test('plan: budgets, what being wrong costs, the next runs', async () => {
  await open('plan?ladder=imported&bootstrap=50&amount=1e21');
  assert.match(await text('.tiles'), /N, parameters\s+[\d.]+[MB]/);
  assert.match(await text('.say'), /loses [\d.×⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*[1-9⁰¹²³⁴⁵⁶⁷⁸⁹][\d.×⁰¹²³⁴⁵⁶⁷⁸⁹⁻]* nats per token/);
  await page.waitForFunction(() => document.querySelectorAll('.plan .rows .tr').length > 6, null, { timeout: 20000 });
  await page.getByLabel('budget in').selectOption('usd');
  await quiet(page);
  assert.match(await text('footer'), /--usd 1000/);
  const saved = page.waitForEvent('download');
  await page.locator('button', { hasText: 'as a spec' }).click();
  assert.equal((await saved).suggestedFilename(), 'next.yaml');
  await trouble();
});

test('scores: a score along its k, and one against scale', async () => {
  await open('scores');
  await page.getByLabel('score', { exact: true }).selectOption('position.*');
  await quiet(page);
  await page.getByLabel('score', { exact: true }).selectOption('position.8');
  await quiet(page);
  assert.match(await hash(), /y=position\.8/);
  assert.match(await text('.legend'), /its law, E \+ A\/X\^alpha[\s\S]*position\.8/);
  await page.getByLabel('law', { exact: true }).selectOption('power');
  await quiet(page);
  assert.match(await hash(), /slaw=power/);
  assert.match(await text('.legend'), /its law, \(Xc\/X\)\^alpha/);
  assert.ok((await page.locator('.scores .rows .tr').count()) >= 9);
  await trouble();
});

test('compare: two families of one store', async () => {
  await open('compare?ladder=imported&bootstrap=50&by=family&base=plain&other=tuned');
  assert.match(await text('.answer'), /floor|offset|exponent|same|unclear/);
  assert.match(await text('.compare .table'), /×/);
  await trouble();
});

test('gate: a level that is reached, and what is missing', async () => {
  await open('gate?flops=3e24');
  assert.match(await text('.answer .big'), /no|cannot tell/);
  assert.match(await text('.levels'), /big[\s\S]*card/);
  assert.ok((await page.locator('.level header').boundingBox()).height < 40, 'a level begins with one line');
  await trouble();
});

test('views change by keys, a link reproduces a state, the theme turns', async () => {
  await open('ladder');
  for (const [key, view] of [['2', 'law'], ['3', 'forecast'], ['7', 'gate'], ['1', 'ladder']]) {
    await page.locator('main').focus();
    await page.keyboard.press(key);
    assert.match(await hash(), new RegExp(`#/${view}`));
  }
  await quiet(page);
  await page.keyboard.press('x');
  assert.match(await hash(), /axis=flops/);
  const link = await page.evaluate(() => location.href);
  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await quiet(other);
  assert.equal(await other.getByLabel('against').inputValue(), 'flops');
  await other.close();
  await page.keyboard.press('t');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
  await page.keyboard.press('?');
  assert.equal(await page.locator('dialog[open]').count(), 1);
  await page.keyboard.press('Escape');
});

test('a store of one run says what it lacks, and shows what there is', async () => {
  const other = makeFolder(), own = join(other, 'one.db');
  let lone;
  try {
    importRows(other, own, planted(1, 7).map((r) => ({ ...r, C: '', run: 'alone', family: 'f' })));
    lone = await serve(own);
    const view = await (await browser.newContext()).newPage();
    await view.goto(`${lone.url}/#/law`);
    await quiet(view);
    assert.match(await view.locator('.trouble').innerText(), /1 run cannot fix the 5 parameters/);
    assert.equal(await view.locator('.under').isVisible(), false);
    await view.goto(`${lone.url}/#/forecast`);
    await quiet(view);
    assert.match(await view.locator('.trouble').innerText(), /cannot fix the 5 parameters/);
    assert.equal(await view.locator('.forecast .chart').first().getAttribute('data-marks'), '1');
    await view.close();
  } finally {
    await lone?.close();
    rmSync(other, { recursive: true, force: true });
  }
});

test('a phone shows every tab, and paper holds every view', async () => {
  const other = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  for (const v of ['ladder', 'law', 'forecast', 'plan', 'scores', 'compare', 'gate']) {
    await other.emulateMedia({ media: 'screen' });
    await other.goto(`${server.url}/#/${v}`);
    await quiet(other);
    const ends = await other.locator('nav a').evaluateAll((all) => all.map((a) => a.getBoundingClientRect().right));
    assert.ok(ends.length === 7 && Math.max(...ends) <= 390, `${v}: tabs end at ${ends}`);
    await other.emulateMedia({ media: 'print' });
    await other.setViewportSize({ width: 700, height: 990 }); // A4 within its margins
    const over = await other.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(over, 0, `${v} is ${over} px wider than the paper`);
    assert.equal(await other.locator('nav').innerText(), `${v[0].toUpperCase()}${v.slice(1)}`);
    await other.setViewportSize({ width: 390, height: 844 });
  }
  await other.close();
});

test('live: points of a run come by themselves, and after the server was away', async () => {
  const other = makeFolder(), live = join(other, 'live.db');
  writeFileSync(join(other, 'slow.yaml'), 'schema: loglog.spec/1\nname: slow\ndata: {source: markov, tokens: 400k}\nmodel: {context: 16, widths: [16, 32]}\ntrain: {eval_windows: 16, final_windows: 64, eval_points: 40}\ndesign: {kind: list, params: [24576, 6144], tokens: [400k, 400k]}\nforecast: {hold_out: none}\nengine: {workers: 1}\n');
  const run = spawn(LOGLOG, ['run', 'slow.yaml', '--store', live, '--quiet'], { cwd: other, stdio: 'ignore' });
  const ended = new Promise((ok) => run.on('exit', ok));
  let own;
  try {
    for (let i = 0; i < 100 && !(await exists(live)); i++) await new Promise((ok) => setTimeout(ok, 50));
    own = await serve(live);
    const view = await (await browser.newContext()).newPage();
    await view.addInitScript(() => {
      window.points = 0;
      const Real = window.EventSource;
      window.EventSource = class extends Real {
        constructor(...a) {
          super(...a);
          this.addEventListener('point', () => window.points++);
        }
      };
    });
    await view.goto(`${own.url}/#/ladder`);
    await view.waitForFunction(() => window.points > 2, null, { timeout: 30000 });
    assert.match(await view.locator('.live').innerText(), /live/);
    const port = own.port;
    await own.close();
    await view.waitForFunction(() => document.querySelector('.live').textContent === 'reconnecting', null, { timeout: 20000 });
    own = await serve(live, ['--port', String(port)]);
    await view.waitForFunction(() => document.querySelector('.live').textContent === 'live', null, { timeout: 30000 });
    await view.close();
  } finally {
    run.kill('SIGKILL');
    await Promise.all([ended, own?.close()]);
    rmSync(other, { recursive: true, force: true, maxRetries: 20 }); // its worker may still be writing
  }
});

test('nothing went wrong on the way', () => assert.deepEqual(errors.filter((e) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE/.test(e)), []));

async function exists(path) {
  const { access } = await import('node:fs/promises');
  return access(path).then(() => true, () => false);
}
