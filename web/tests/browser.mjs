// What the tests share: a program, a store, a server on a free port, a browser. Each is closed by close().
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const LOGLOG = process.env.LOGLOG ?? new URL('../../build/loglog', import.meta.url).pathname;
export const CHROMIUM = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p));

/** loglog serve on a port that the system chooses. */
export async function serve(store, more = []) {
  const child = spawn(LOGLOG, ['serve', '--store', store, ...(more.includes('--port') ? [] : ['--port', '0']), ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const url = await new Promise((ok, no) => {
    const hear = (b) => {
      said += b;
      const m = /http:\/\/(127\.0\.0\.1|localhost):(\d+)/.exec(said);
      if (m) ok(`http://127.0.0.1:${m[2]}`);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', (code) => no(new Error(`serve ended with ${code}: ${said}`)));
    setTimeout(() => no(new Error(`serve says no address: ${said}`)), 20000).unref();
  });
  return {
    url, port: Number(url.split(':')[2]),
    close: () => new Promise((ok) => {
      if (child.exitCode !== null) return ok();
      child.once('exit', () => ok());
      child.kill('SIGTERM');
    })
  };
}

export async function browse() {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
}

/** Waits until the page has its answers and nothing more is asked for a while. */
export async function quiet(page, calm = 350) {
  await page.waitForSelector('main > *');
  const calmed = await page.evaluate((ms) => new Promise((ok) => {
    const began = performance.now();
    let since = began;
    const t = setInterval(() => {
      const root = document.documentElement;
      if ((root.dataset.awaited ?? '0') !== '0' || document.body.classList.contains('busy')) since = performance.now();
      if (performance.now() - since > ms) clearInterval(t), ok(true);
      else if (performance.now() - began > 60000) clearInterval(t), ok(false);
    }, 20);
  }), calm);
  if (!calmed) throw new Error(`the page asks and asks: ${await page.evaluate(() => location.hash)}`);
}
