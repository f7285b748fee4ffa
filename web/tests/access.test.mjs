// Who cannot see, or has no mouse: axe-core on every view, light and dark; contrast; focus that can be followed.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { browse, quiet, serve } from './browser.mjs';
import { importRows, makeFolder, planted } from './store.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const policy = new URL('../../examples/policies/legal.yaml', import.meta.url).pathname;
let folder, server, browser;

before(async () => {
  folder = makeFolder();
  const store = join(folder, 'page.db');
  importRows(folder, store, ['plain', 'tuned'].flatMap((family, k) => planted(24, 5, k ? 0.95 : 1).map((r, i) => ({ ...r, run: `${family}-${i}`, family }))));
  server = await serve(store, ['--policy', policy]);
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await server?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const VIEWS = ['ladder', 'law?bootstrap=20', 'forecast?bootstrap=20', 'plan?bootstrap=20&amount=1e20', 'scores', 'compare?bootstrap=20', 'gate?flops=3e24'];
for (const scheme of ['light', 'dark'])
  test(`axe finds nothing serious, ${scheme}`, async () => {
    const page = await (await browser.newContext({ colorScheme: scheme, bypassCSP: true })).newPage();
    const found = [];
    for (const v of VIEWS) {
      await page.goto(`${server.url}/#/${v}`);
      await quiet(page);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      for (const x of violations) if (['serious', 'critical'].includes(x.impact)) found.push(`${v}: ${x.id}: ${x.nodes.slice(0, 2).map((n) => `${n.html.slice(0, 120)} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
    }
    await page.close();
    assert.deepEqual(found, []);
  });

test('all can be reached by Tab, and focus is seen', async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}/#/law?bootstrap=20`);
  await quiet(page);
  const reached = new Set();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      return e === document.body ? '' : `${e.tagName} ${e.className} ${getComputedStyle(e).outlineStyle}`;
    });
    if (at) reached.add(at.split(' ')[0] + (at.includes('chart') ? ' chart' : '') + (at.includes('scroll') ? ' table' : ''));
    assert.ok(!at || !/ none$/.test(at), `no outline: ${at}`);
  }
  for (const need of ['A', 'BUTTON', 'SELECT', 'INPUT', 'DIV chart', 'DIV table']) assert.ok(reached.has(need), `${need} is reached`);
  await page.close();
});

test('on a phone nothing is wider than the screen', async () => {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  for (const v of VIEWS) {
    await page.goto(`${server.url}/#/${v}`);
    await quiet(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), v);
  }
  await page.close();
});
