// A stand-in for the server while it is not there: each request runs the program. LOGLOG and STORE name both.
import { createServer } from 'node:http';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, existsSync } from 'node:fs';
const LOGLOG = process.env.LOGLOG ?? '../build/loglog', STORE = process.env.STORE ?? 'loglog.db', PORT = Number(process.env.PORT ?? 8765);
const POL = process.env.POLICIES ?? '/work/wE/examples/policies';
const dist = new URL('../dist/', import.meta.url).pathname;
const noStore = new Set(['laws', 'probe list', 'probe show', 'paper']);
const run = (argv) => new Promise((ok) => execFile(LOGLOG, argv, { maxBuffer: 1 << 28 }, (e, out, err) => ok({ code: e ? (e.code ?? 1) : 0, out, err })));
const types = { js: 'text/javascript', css: 'text/css', html: 'text/html', svg: 'image/svg+xml', woff2: 'font/woff2' };
createServer(async (q, a) => {
  const u = new URL(q.url, 'http://x');
  const json = (c, o) => { a.writeHead(c, { 'Content-Type': 'application/json' }); a.end(typeof o === 'string' ? o : JSON.stringify(o)); };
  if (!u.pathname.startsWith('/api/')) {
    const f = dist + (u.pathname === '/' ? 'index.html' : u.pathname.slice(1));
    if (!existsSync(f) || u.pathname.includes('..')) { a.writeHead(404); return a.end(); }
    a.writeHead(200, { 'Content-Type': types[f.split('.').pop()] ?? 'text/plain', 'Content-Security-Policy': "default-src 'self'; object-src 'none'; base-uri 'none'" });
    return a.end(readFileSync(f));
  }
  const verb = u.pathname.slice(5).split('/').join(' ');
  if (verb === 'page') return json(200, { schema: 'loglog.page/1', version: '0.1.0', store: STORE, writable: false, models: false, policies: ['legal.yaml', 'ability.yaml', 'promote.yaml'], routes: [] });
  if (verb === 'events') { a.writeHead(200, { 'Content-Type': 'text/event-stream' }); a.write(': hello\n\n'); const t = setInterval(async () => { const s = await run(['status', '--json', '--store', STORE]); a.write(`event: status\ndata: ${JSON.stringify(JSON.parse(s.out))}\n\n`); }, 5000); q.on('close', () => clearInterval(t)); return; }
  if (verb === 'curves') {
    const l = JSON.parse(execFileSync(LOGLOG, ['runs', 'list', '--json', '--store', STORE]).toString()).runs.slice(-60);
    const runs = await Promise.all(l.map(async (r) => { const d = JSON.parse((await run(['runs', 'show', r.id, '--json', '--store', STORE])).out); return { id: r.id, name: r.name, params: r.params, state: r.state, points: d.points.map((p) => [p.step, p.tokens, p.tokens * r.flops / r.tokens, p.loss]) }; }));
    return json(200, { schema: 'loglog.curves/1', runs });
  }
  const argv = verb.split(' ');
  for (const [k, v] of u.searchParams) {
    if (k === 'arg') argv.push(v);
    else if (k === 'policy') argv.push(`${POL}/${v}`);
    else if (['values', 'last', 'curves'].includes(k)) argv.push(`--${k}`);
    else argv.push(`--${k}`, v);
  }
  if (!noStore.has(verb) && !verb.startsWith('gate show')) argv.push('--store', STORE);
  if (verb !== 'runs export') argv.push('--json');
  const r = await run(argv);
  if (verb === 'runs export' && !r.code) { a.writeHead(200, { 'Content-Type': 'text/csv' }); return a.end(r.out); }
  const good = r.code === 0 || (verb === 'gate check' && [3, 4].includes(r.code));
  if (good) return json(200, r.out);
  json(r.code === 2 ? 400 : 500, { schema: 'loglog.error/1', error: r.err.trim().replace(/^loglog: /, ''), exit: r.code });
}).listen(PORT, '127.0.0.1');
