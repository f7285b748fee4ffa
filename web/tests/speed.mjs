// What the page takes, printed: first paint, a refit while a window is dragged, frames while 100,000 runs scroll and
// zoom, the bundle. Of machines, not of the program alone: no test asserts it. LOGLOG=build/loglog node tests/speed.mjs
import { execFileSync } from 'node:child_process';
import { rmSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { browse, quiet, serve } from './browser.mjs';
import { importRows, makeFolder, planted } from './store.mjs';

const folder = makeFolder(), say = (what, value, bar) => console.log(`${what.padEnd(58)} ${value.padStart(12)}   asked ${bar}`);
const named = (n) => planted(n, 5).map((r, i) => ({ ...r, run: `r${i}`, family: 'f' }));
const store = (n) => {
  const path = join(folder, `${n}.db`);
  importRows(folder, path, named(n));
  return path;
};
const median = (v) => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const browser = await browse();
let server;

/** Seconds of processors that the server and its children took so far, and the browser with its own. */
function cpu() {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' }).trim().split('\n').map((l) => l.trim().split(/\s+/)), out = { server: 0, browser: 0 };
  const spent = (pid) => {
    try {
      const f = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      return f.slice(11, 15).reduce((a, b) => a + Number(b), 0) / 100;
    } catch {
      return 0; // it has ended
    }
  };
  const below = (pid, name) => all.filter((p) => p[1] === String(pid)).forEach(([id, , comm]) => {
    const of = name ?? (comm.startsWith('loglog') ? 'server' : 'browser');
    out[of] += spent(id);
    below(id, of);
  });
  below(process.pid, null);
  return out;
}
const since = (then, n) => {
  const now = cpu();
  return `${Math.round((1000 * (now.server - then.server)) / n)} ms, ${Math.round((1000 * (now.browser - then.browser)) / n)} ms`;
};

/** Frames a second while f(i) is done in each of them, and the longest wait between two. */
const frames = (page, f) => page.evaluate(async (text) => {
  const act = new Function('i', text), at = [];
  for (let i = 0; i < 90; i++) {
    act(i);
    await new Promise((ok) => requestAnimationFrame((t) => ok(at.push(t))));
  }
  const gaps = at.slice(1).map((t, i) => t - at[i]);
  return { rate: 1000 * gaps.length / gaps.reduce((a, b) => a + b, 0), longest: Math.max(...gaps) };
}, f);

try {
  server = await serve(store(1000));
  const page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  const paints = [];
  for (let i = 0; i < 5; i++) {
    await page.goto(`${server.url}/?${i}#/ladder`);
    await quiet(page);
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN));
  }
  say('first paint', `${Math.round(median(paints))} ms`, '500 ms');

  await page.goto(`${server.url}/#/law?bootstrap=50`);
  await quiet(page);
  const box = await page.locator('.triptych .chart .u-over').first().boundingBox(), took = [];
  await page.mouse.move(box.x + box.width * 0.1, box.y + box.height / 2);
  await page.mouse.down();
  const dragged = cpu();
  for (let i = 0; i < 12; i++) {
    await page.evaluate(() => (document.querySelector('.took').textContent = ''));
    await page.mouse.move(box.x + box.width * (0.6 + 0.02 * i), box.y + box.height / 2);
    await page.waitForFunction(() => /law alone/.test(document.querySelector('.took').textContent), null, { timeout: 20000 });
    took.push(Number(/in (\d+) ms/.exec(await page.locator('.took').innerText())[1]));
  }
  const each = since(dragged, 12);
  await page.mouse.up();
  await quiet(page);
  say('refit of 1,000 runs while a window is dragged, median', `${median(took)} ms`, '100 ms');
  say('  of processors, the server and the browser', each, '-');
  await page.close();
  await server.close();

  server = await serve(store(100000));
  const many = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  many.setDefaultTimeout(120000);
  const begun = Date.now();
  await many.goto(`${server.url}/#/ladder?ladder=imported`);
  await many.waitForFunction(() => /100.?000 rows/.test(document.querySelector('.said')?.textContent ?? ''));
  say('100,000 runs in the table', `${Date.now() - begun} ms`, '-');
  let then = cpu();
  const scrolled = await frames(many, "document.querySelector('.scroll').scrollTop = i * 24000");
  say('100,000 runs scrolled', `${scrolled.rate.toFixed(0)} /s`, '30 /s');
  say('  of processors a frame, the server and the browser', since(then, 90), '-');
  say('  the longest frame', `${scrolled.longest.toFixed(0)} ms`, '-');
  await many.goto(`${server.url}/#/forecast?ladder=imported&bootstrap=0`);
  await many.waitForFunction(() => Number(document.querySelector('.forecast .chart')?.dataset.marks) > 99000);
  then = cpu();
  const zoomed = await frames(many, "document.querySelector('.forecast .chart').dispatchEvent(new KeyboardEvent('keydown', { key: i % 30 < 15 ? '+' : '-', bubbles: true }))");
  say('100,000 runs in a plot zoomed', `${zoomed.rate.toFixed(0)} /s`, '30 /s');
  say('  of processors a frame, the server and the browser', since(then, 90), '-');
  say('  the longest frame', `${zoomed.longest.toFixed(0)} ms`, '-');
  const dist = new URL('../../build/web/assets', import.meta.url).pathname;
  const bytes = readdirSync(dist).reduce((n, f) => n + gzipSync(readFileSync(join(dist, f))).length, 0);
  say('bundle, gzip', `${(bytes / 1000).toFixed(1)} kB`, '300 kB');
} finally {
  await browser.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
}
