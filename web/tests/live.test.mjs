// A rung's points come to an open page by themselves: within seconds of being written, after the server was away, and
// after a machine slept, without a reload. A trainer of ten lines writes a point when it is told to.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browse, LOGLOG, serve } from './browser.mjs';
import { loglog, makeFolder } from './store.mjs';

const SOON_MS = 8000; // on a machine that does other things too; what it took is printed
const STEPS = 40;
let folder, store, server, browser, page, run, told = 0;

/** The trainer writes its next point. */
function tell() {
  appendFileSync(join(folder, 'orders'), `${++told}\n`);
  return told;
}
const points = () => {
  try {
    return JSON.parse(loglog(['runs', 'curves', '--store', store, '--json'], folder)).runs[0]?.points ?? [];
  } catch {
    return []; // the store is being made
  }
};
async function until(what, f, ms = 30000) {
  for (const begun = Date.now(); Date.now() - begun < ms; await new Promise((ok) => setTimeout(ok, 100))) if (await f()) return;
  throw new Error(`not in ${ms} ms: ${what}`);
}

before(async () => {
  folder = makeFolder();
  store = join(folder, 'live.db');
  writeFileSync(join(folder, 'train.sh'), `step=0
while [ "$step" -lt ${STEPS} ]; do
    while [ "$step" -lt "$(wc -l <"${folder}/orders")" ]; do step=$((step + 1)); echo "{\\"step\\": $step, \\"loss\\": 3.$((100 - step))}"; done
    sleep 0.05
done
`);
  writeFileSync(join(folder, 'orders'), '');
  writeFileSync(join(folder, 'told.yaml'), `schema: loglog.spec/1\nname: told\ntrain: {batch_tokens: 1024}\ndesign: {kind: list, params: [1e5], tokens: [${STEPS * 1024}]}\nforecast: {hold_out: none}\nengine: {kind: command, command: 'sh ${folder}/train.sh', metrics: {format: jsonl}}\n`);
  run = spawn(LOGLOG, ['run', 'told.yaml', '--store', store, '--quiet'], { cwd: folder, stdio: 'ignore' });
  await until('the first point is in the store', async () => {
    tell();
    return points().length > 0;
  });
  server = await serve(store);
  browser = await browse();
  page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(30000);
  await page.addInitScript(() => {
    window.seen = []; // [step, when] of the points that the page was told
    const Real = window.EventSource;
    window.EventSource = class extends Real {
      constructor(...a) {
        super(...a);
        this.addEventListener('point', (e) => JSON.parse(e.data).points.forEach((p) => window.seen.push([p[0], Date.now()])));
      }
    };
  });
  await page.goto(`${server.url}/#/ladder`);
  await page.waitForFunction(() => document.querySelector('.live').textContent === 'live');
});
after(async () => {
  await browser?.close();
  await server?.close();
  while (told < STEPS) tell();
  await until('the ladder ends', () => run.exitCode !== null || run.signalCode !== null).catch(() => run.kill('SIGKILL'));
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** How many points the curve on the page has. */
const drawn = () => page.evaluate(() => Number(document.querySelector('.ladder .chart').dataset.marks));

test('a new point is on the page soon', async () => {
  const took = [];
  for (let i = 0; i < 5; i++) {
    const step = tell(), at = Date.now();
    await page.waitForFunction((s) => window.seen.some((x) => x[0] === s), step);
    took.push((await page.evaluate((s) => window.seen.find((x) => x[0] === s)[1], step)) - at);
  }
  console.log(`# from the trainer's line to the page: ${took.map((t) => `${t} ms`).join(', ')}`);
  await until('it is drawn', async () => (await drawn()) === points().length);
  assert.ok(Math.max(...took) < SOON_MS, took.join());
});

/** What is on the page is what is in the store, in the same document as before. */
async function caughtUp(what) {
  await until(what, async () => (await drawn()) === points().length && points().at(-1)[0] === told);
  assert.equal(await page.evaluate(() => window.before), 'yes', 'it was not loaded anew');
}

test('a page without a network catches up', async () => {
  await page.evaluate(() => (window.before = 'yes'));
  await page.context().setOffline(true);
  for (let i = 0; i < 4; i++) tell();
  await until('they are in the store', () => points().at(-1)[0] === told);
  await page.context().setOffline(false);
  await caughtUp('points of the time without a network');
});

test('a page that was frozen, and whose server was another by then, catches up', async () => {
  const port = server.port, cdp = await page.context().newCDPSession(page);
  await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
  await server.close();
  for (let i = 0; i < 4; i++) tell();
  await until('they are in the store', () => points().at(-1)[0] === told);
  server = await serve(store, ['--port', String(port)]);
  await cdp.send('Page.setWebLifecycleState', { state: 'active' });
  await caughtUp('points of the time that it slept');
});
