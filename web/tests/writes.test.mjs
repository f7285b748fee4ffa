// What writes, by its button in a browser: with the token it is done, with a wrong one and without one it is not, and a
// page of another site that the same browser shows cannot have it done, not even with a session of its visitor's.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browse, LOGLOG, quiet, serve } from './browser.mjs';
import { importRows, loglog, makeFolder, planted } from './store.mjs';

const TOKEN = 'a-secret-of-the-tests-0123456789', STEPS = 2000;
let folder, store, server, open, browser, page, run, other, evil, ladder;

const ask = (...argv) => JSON.parse(loglog([...argv, '--store', store, '--json'], folder));
const role = (id) => ask('runs', 'show', id).run.role ?? 'fit';
const entries = () => ask('forecast', 'list').forecasts.length;
const states = () => ask('status').ladders.find((l) => l.ladder === ladder).states;
const runId = () => ask('runs', 'list', '--where', "ladder = ''").runs[0].id;
const isAtWork = () => ask('status').ladders.find((l) => l.ladder === ladder).at_work;
/** Asks whoever works on the ladder to stop; false where nobody does. */
const stop = () => {
  try {
    loglog(['ladder', 'stop', ladder, '--store', store], folder);
    return true;
  } catch {
    return false;
  }
};
async function until(what, f, ms = 30000) {
  for (const begun = Date.now(); Date.now() - begun < ms; await new Promise((ok) => setTimeout(ok, 100))) if (await f()) return;
  throw new Error(`not in ${ms} ms: ${what}`);
}

before(async () => {
  folder = makeFolder();
  store = join(folder, 'writes.db');
  writeFileSync(join(folder, 'train.sh'), `echo "begun with <b>weights</b>"
trap 'exit 0' TERM
step=0
while [ "$step" -lt ${STEPS} ]; do step=$((step + 1)); echo "{\\"step\\": $step, \\"loss\\": 3.5}"; sleep 0.1; done
`);
  writeFileSync(join(folder, 'told.yaml'), `schema: loglog.spec/1\nname: told\ntrain: {batch_tokens: 1024}\ndesign: {kind: list, params: [1e5], tokens: [${STEPS * 1024}]}\nforecast: {hold_out: none}\nengine: {kind: command, command: 'sh ${folder}/train.sh', metrics: {format: jsonl}}\n`);
  run = spawn(LOGLOG, ['run', 'told.yaml', '--store', store, '--quiet'], { cwd: folder, stdio: 'ignore' });
  await until('the ladder trains', () => {
    try {
      const l = ask('status').ladders.find((x) => x.ladder);
      ladder = l?.ladder;
      return l?.states.running > 0 && l.live?.length > 0;
    } catch {
      return false; // the store is being made
    }
  });
  importRows(folder, store, planted(24, 5).map((r, i) => ({ ...r, run: `r${i}`, family: 'f' })));
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
  server = await serve(store, ['--token-file', join(folder, 'token')]);
  open = await serve(store);
  other = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<!doctype html><title>another site</title>'));
  await new Promise((ok) => other.listen(0, '127.0.0.1', ok));
  evil = `http://127.0.0.1:${other.address().port}`;
  browser = await browse();
  page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  page.setDefaultTimeout(20000);
});
after(async () => {
  await browser?.close();
  await server?.close();
  await open?.close();
  other?.close();
  await until('the ladder ends', () => !stop()).catch((e) => console.log(`# ${e.message}`));
  run?.kill('SIGKILL');
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const go = async (base, hash) => {
  await page.goto(`${base}/#/${hash}`);
  await page.reload(); // what another test's token was is forgotten
  await quiet(page);
};
const give = async (token) => {
  await page.locator('dialog input[type=password]').fill(token);
  await page.locator('dialog button', { hasText: 'use' }).click();
};

const WRITES = () => [['/api/exclude', { arg: runId() }], ['/api/ladder/stop', { arg: ladder }], ['/api/ladder/start', { arg: ladder }], ['/api/seal', { params: 1e9, tokens: 2e10, ladder: 'imported', bootstrap: 20 }]];
const untouched = () => ({ role: role(runId()), entries: entries(), running: states().running ?? 0 });

test('a server without a token offers no button, and refuses its own page', async () => {
  const was = untouched();
  await go(open.url, `ladder?ladder=imported&run=${encodeURIComponent(runId())}`);
  assert.equal(await page.locator('button', { hasText: /exclude|^stop|^start/ }).count(), 0);
  await go(open.url, 'forecast?ladder=imported&bootstrap=20&params=1e9&tokens=2e10');
  assert.equal(await page.locator('button', { hasText: 'seal this' }).count(), 0);
  for (const [path, options] of WRITES()) {
    const status = await page.evaluate(([p, o, t]) => fetch(p, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${t}` }, body: JSON.stringify({ options: o }) }).then((r) => r.status), [path, options, TOKEN]);
    assert.equal(status, 403, path);
  }
  assert.deepEqual(untouched(), was);
});

test('without the token, and with a wrong one, the buttons do nothing', async () => {
  const was = untouched();
  await go(server.url, `ladder?ladder=imported&run=${encodeURIComponent(runId())}`);
  await page.locator('.card button', { hasText: 'exclude for everyone' }).click();
  await give('a-wrong-secret-0123456789');
  await page.locator('.trouble', { hasText: 'Bearer' }).waitFor();
  await page.locator('.card button', { hasText: 'exclude for everyone' }).click();
  await page.keyboard.press('Escape');
  for (const [path, options] of WRITES()) {
    const status = await page.evaluate(([p, o]) => fetch(p, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ options: o }) }).then((r) => r.status), [path, options]);
    assert.equal(status, 401, path);
  }
  assert.deepEqual(untouched(), was);
});

test('with the token a run is excluded and taken back, and the token is asked for once', async () => {
  const id = runId();
  await go(server.url, `ladder?ladder=imported&run=${encodeURIComponent(id)}`);
  await page.locator('.card button', { hasText: 'exclude for everyone' }).click();
  await give(TOKEN);
  await page.locator('.card button', { hasText: 'take back for everyone' }).waitFor();
  assert.equal(role(id), 'excluded');
  await page.locator('.card button', { hasText: 'take back for everyone' }).click();
  await page.locator('.card button', { hasText: 'exclude for everyone' }).waitFor();
  assert.equal(role(id), 'fit');
  assert.equal(await page.locator('dialog[open]').count(), 0);
});

test("a rung's card ends with its log, as text", async () => {
  const id = ask('runs', 'list', '--ladder', ladder).runs[0].id;
  await go(server.url, `ladder?ladder=${ladder}&run=${encodeURIComponent(id)}`);
  const log = await page.locator('.card pre.log').innerText();
  assert.match(log, /^(begun with <b>weights<\/b>|\{"step": \d+)/);
  assert.match(log, /\{"step": \d+, "loss": 3\.5\}$/);
  assert.ok(log.split('\n').length <= 40, log);
});

test('with the token the ladder is stopped and goes on', async () => {
  await go(server.url, `ladder?ladder=${ladder}`);
  await page.locator('.strip button', { hasText: 'stop' }).click();
  await give(TOKEN);
  await until('the trainer ends', () => run.exitCode !== null || run.signalCode !== null);
  await page.locator('.strip button', { hasText: 'start' }).click();
  await until('it trains again', () => states().running > 0 && isAtWork());
  await page.locator('.strip button', { hasText: 'stop' }).waitFor();
});

test('a page of another site has nothing done, with no token, with a session, in any form', async () => {
  await page.goto(`${server.url}/`);
  const session = await page.evaluate((t) => fetch('/api/session', { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${t}` }, body: '{}' }).then((r) => r.status), TOKEN);
  assert.equal(session, 200);
  const was = untouched(), answers = [];
  page.on('response', (r) => r.url().startsWith(server.url) && r.request().method() !== 'GET' && answers.push(`${r.request().method()} ${r.status()}`));
  for (const [path, options] of WRITES()) {
    await page.goto(evil);
    const body = JSON.stringify({ options });
    const seen = await page.evaluate(async ([at, text, token]) => {
      const tries = [
        { headers: { 'Content-Type': 'text/plain' }, mode: 'no-cors' },
        { headers: { 'Content-Type': 'application/json' } },
        { headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` } }
      ];
      const out = [];
      for (const t of tries) out.push(await fetch(at, { method: 'POST', credentials: 'include', body: text, ...t }).then((r) => `${r.type} ${r.status}`, (e) => e.name));
      return out;
    }, [server.url + path, body, TOKEN]);
    assert.ok(seen.every((x) => x === 'opaque 0' || x === 'TypeError'), `${path}: ${seen}`); // nothing that it can read
    await page.evaluate(([at, text]) => {
      const f = Object.assign(document.createElement('form'), { method: 'POST', action: at, enctype: 'text/plain' });
      f.append(Object.assign(document.createElement('input'), { name: text.slice(0, -1), value: '}' }));
      document.body.append(f);
      f.submit();
    }, [server.url + path, body]);
    await page.waitForURL(server.url + path);
    assert.match(await page.locator('body').innerText(), /Origin is another's/);
  }
  assert.deepEqual(answers.filter((a) => a.startsWith('POST') && !/ 403$/.test(a)), []);
  assert.ok(answers.filter((a) => a === 'POST 403').length >= WRITES().length, answers.join());
  assert.deepEqual(untouched(), was);
});
