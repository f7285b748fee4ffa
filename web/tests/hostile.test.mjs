// Names that try to run script: 200 payloads as names of runs and families, in a real browser, in every view. Nothing
// may run, nothing may be asked of another host, and every name is read as the text that it is.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { browse, quiet, serve } from './browser.mjs';
import { importRows, makeFolder, planted } from './store.mjs';
import { PAYLOADS } from './payloads.mjs';
import { join } from 'node:path';

let folder, server, browser, page;
const asked = new Set(), violations = [], dialogs = [];

before(async () => {
  folder = makeFolder();
  const store = join(folder, 'page.db');
  importRows(folder, store, planted(200, 3).map((r, i) => ({ ...r, run: PAYLOADS[i], family: PAYLOADS[(i + 7 * (i % 2)) % 2] })));
  server = await serve(store);
  browser = await browse();
  page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(20000);
  page.on('request', (r) => asked.add(new URL(r.url()).origin));
  page.on('dialog', (d) => (dialogs.push(d.message()), d.dismiss()));
  page.on('pageerror', (e) => violations.push(e.message));
  page.on('console', (m) => /Content Security Policy|Refused to/.test(m.text()) && violations.push(m.text()));
});
after(async () => {
  await browser?.close();
  await server?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

for (const view of ['ladder', 'law?bootstrap=20', 'forecast?bootstrap=20', 'plan?bootstrap=20&amount=1e20', 'scores', 'compare?bootstrap=20', 'gate'])
  test(`${view.split('?')[0]} shows hostile names as text`, async () => {
    await page.goto(`${server.url}/#/${view}`);
    await quiet(page);
    for (const c of await page.locator('.chart').all()) {
      if (!(await c.isVisible())) continue;
      await c.focus();
      for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
    }
    assert.equal(await page.evaluate(() => window.ran), undefined);
    assert.equal(await page.locator('main :is(script, iframe, object, embed, base, meta, link, form, style, marquee, math)').count(), 0);
    assert.deepEqual(dialogs, []);
  });

test('each of the 200 names is in the table as it is, and its card opens', async () => {
  await page.goto(`${server.url}/#/ladder`);
  await quiet(page);
  const seen = new Set();
  for (let y = 0; y < 210 * 24; y += 240) {
    await page.evaluate((top) => new Promise((ok) => {
      document.querySelector('.scroll').scrollTop = top;
      requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(ok)));
    }), y);
    for (const t of await page.locator('.rows .tr > div:first-child').evaluateAll((all) => all.map((e) => e.textContent))) seen.add(t);
  }
  const missing = PAYLOADS.filter((p) => !seen.has(p));
  assert.deepEqual(missing, []);
  for (const k of [0, 1, 2]) {
    await page.locator('.rows .tr').nth(k).click();
    await quiet(page);
    assert.equal(await page.evaluate(() => window.ran), undefined);
  }
});

test('a hostile link runs nothing', async () => {
  for (const p of PAYLOADS.slice(0, 40)) {
    await page.goto(`${server.url}/#/ladder?run=${encodeURIComponent(p)}&axis=${encodeURIComponent(p)}&ladder=`);
    await page.waitForTimeout(20);
  }
  await quiet(page);
  assert.equal(await page.evaluate(() => window.ran), undefined);
});

test('no other host was asked and no policy was broken', () => {
  assert.deepEqual([...asked].filter((o) => o !== server.url && o !== 'null'), []);
  assert.deepEqual(violations, []);
});
