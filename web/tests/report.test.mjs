// report.html as a file of its own in a browser: what is pointed at says what it is, tables sort, and runs with hostile
// names run nothing and break nothing.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { browse } from './browser.mjs';
import { PAYLOADS } from './payloads.mjs';
import { importRows, loglog, makeFolder, planted } from './store.mjs';

let folder, path, browser, page;
const asked = [], troubles = [];

before(async () => {
  folder = makeFolder();
  const store = join(folder, 'r.db');
  path = join(folder, 'report.html');
  importRows(folder, store, planted(200, 3).map((r, i) => ({ ...r, run: PAYLOADS[i], family: 'f' })));
  loglog(['report', '--store', store, '--bootstrap', '20', '--out', path], folder);
  browser = await browse();
  page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  page.on('request', (r) => asked.push(r.url()));
  page.on('pageerror', (e) => troubles.push(e.message));
  page.on('dialog', (d) => (troubles.push(d.message()), d.dismiss()));
  page.on('console', (m) => m.type() === 'error' && troubles.push(m.text()));
  await page.goto(pathToFileURL(path).href);
});
after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const circle = '#figure-n svg circle.hover';

test('a mark says its name, N, D and loss, and its rows and its like are shown with it', async () => {
  await page.locator('details', { hasText: 'Size and loss of every run' }).evaluate((d) => (d.open = true));
  let told = 0;
  for (const [k, name] of PAYLOADS.entries()) {
    if (!/^(__proto__|constructor|toString|<script>window|'; DROP)/.test(name)) continue;
    const row = page.locator('#runs tbody tr').nth(k), id = await row.locator('th').getAttribute('title');
    assert.equal(await row.locator('th').textContent(), name);
    const mark = page.locator(`${circle}[data-run="${id}"]`);
    if (!(await mark.count())) continue;
    await mark.dispatchEvent('pointerover');
    assert.ok((await page.locator('#tip').textContent()).startsWith(`${name}: N `));
    assert.match(await page.locator('#tip').textContent(), /: N [\d.]+[kMBT]?, D [\d.]+[kMBT]?, C .*, loss [\d.]+$/);
    assert.equal(await page.locator('#tip').evaluate((t) => getComputedStyle(t).visibility), 'visible');
    assert.match(await row.getAttribute('class'), /on/);
    assert.ok((await page.locator('svg circle.hover.on').count()) > 1);
    assert.deepEqual([...new Set(await page.locator('svg circle.hover.on').evaluateAll((all) => all.map((m) => m.dataset.run)))], [id]);
    told++;
  }
  assert.ok(told >= 5, String(told));
  await page.locator('h1').dispatchEvent('pointerover');
  assert.equal(await page.locator('#tip').evaluate((t) => getComputedStyle(t).visibility), 'hidden');
  assert.equal(await page.locator('.on').count(), 0);
});

test('a pointer finds a mark', async () => {
  await page.locator('#figure-n').scrollIntoViewIfNeeded();
  const box = await page.locator(circle).last().boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  assert.match(await page.locator('#tip').textContent(), /, loss [\d.]+$/);
  await page.mouse.move(2, 2);
  assert.equal(await page.locator('#tip').evaluate((t) => getComputedStyle(t).visibility), 'hidden');
});

test('a table sorts by a click and by keys, up and down, and keeps its rows', async () => {
  const table = page.locator('#runs table').first(), head = table.locator('thead th', { hasText: /^loss/ }).first();
  const at = await head.evaluate((h) => h.cellIndex);
  const column = () => table.locator('tbody tr').evaluateAll((all, i) => all.map((r) => Number(r.cells[i].title)), at);
  const before = await column(), sorted = [...before].sort((a, b) => a - b);
  assert.notDeepEqual(before, sorted);
  await head.click();
  assert.deepEqual(await column(), sorted);
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  await head.focus();
  await page.keyboard.press('Space');
  assert.deepEqual(await column(), [...sorted].reverse());
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  await page.keyboard.press('Enter');
  assert.deepEqual(await column(), sorted);
  assert.equal(await table.locator('thead th[aria-sort]').count(), 1);
});

test('without script every mark has its title, and no name became an element', async () => {
  const bare = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await bare.goto(pathToFileURL(path).href);
  const n = await bare.locator('svg circle.hover').count();
  assert.ok(n > 200);
  assert.equal(await bare.locator('svg circle.hover > title').count(), n);
  assert.equal(await bare.locator('svg circle.hover > title > *').count(), 0);
  assert.equal(await bare.locator(':is(iframe, object, embed, base, link, form, img, marquee, math, template, animate)').count(), 0);
  assert.equal(await bare.locator('script').count(), 1);
});

test('no script but the page\'s own would run, wherever it came from, and nothing would be fetched', async () => {
  let hits = 0;
  const host = createServer((_, answer) => ((hits += 1), answer.end()));
  await new Promise((ok) => host.listen(0, '127.0.0.1', ok));
  const other = await (await browser.newContext()).newPage();
  await other.goto(pathToFileURL(path).href);
  const refused = await other.evaluate(async (port) => {
    const all = [];
    document.addEventListener('securitypolicyviolation', (e) => all.push(e.effectiveDirective));
    document.querySelector('main').insertAdjacentHTML('beforeend', `<img src="http://127.0.0.1:${port}/a.png" onerror="window.ran=1"><button id="hit" onclick="window.ran=1">x</button>`);
    document.querySelector('main').appendChild(document.createElement('script')).textContent = 'window.ran=1';
    document.getElementById('hit').click();
    for (let k = 0; k < 50 && all.length < 3; k++) await new Promise((ok) => setTimeout(ok, 20));
    return all;
  }, host.address().port);
  host.close();
  for (const what of ['img-src', 'script-src-attr', 'script-src-elem']) assert.ok(refused.includes(what), `${what} of ${refused}`);
  assert.equal(await other.evaluate(() => window.ran), undefined);
  assert.equal(hits, 0);
});

test('nothing ran, nothing was asked for, nothing went wrong', async () => {
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.deepEqual(asked, [pathToFileURL(path).href]);
  assert.deepEqual(troubles, []);
});
