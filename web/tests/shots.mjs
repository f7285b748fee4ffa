// Pictures of every view, to be looked at: node tests/shots.mjs STORE FOLDER [light,dark,phone,print] [view,view]
import { mkdirSync } from 'node:fs';
import { browse, quiet, serve } from './browser.mjs';

const [store, folder, kinds = 'light,dark,phone,print', only = ''] = process.argv.slice(2);
const VIEWS = (only || 'ladder,law,forecast,plan,scores,compare,gate').split(',');
const policies = ['legal', 'ability'].flatMap((p) => ['--policy', new URL(`../../examples/policies/${p}.yaml`, import.meta.url).pathname]);
mkdirSync(folder, { recursive: true });
const server = await serve(store, policies), browser = await browse();
try {
  for (const kind of kinds.split(',')) {
    const phone = kind === 'phone';
    const context = await browser.newContext({ viewport: phone ? { width: 390, height: 844 } : { width: 1440, height: 900 }, colorScheme: kind === 'dark' ? 'dark' : 'light', deviceScaleFactor: 1 });
    const page = await context.newPage();
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(kind, m.text()));
    page.on('pageerror', (e) => console.log(kind, 'error', e.message));
    if (kind === 'print') await page.emulateMedia({ media: 'print' });
    for (const v of VIEWS) {
      await page.goto(`${server.url}/#/${v}${process.env.QUERY ?? ''}`);
      await quiet(page);
      if (kind === 'print') await page.pdf({ path: `${folder}/${v}.pdf`, format: 'A4' });
      await page.screenshot({ path: `${folder}/${v}-${kind}.png`, fullPage: true });
    }
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}
