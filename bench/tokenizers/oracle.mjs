// GPT-2's tokens of a file by two implementations of others: one line each with name, MB/s of the best of five, the file
// that the tokens are in, one a line, and their SHA-256 as 16 bits, little-endian.
import crypto from 'node:crypto'
import fs from 'node:fs'
import { encode } from 'gpt-tokenizer/encoding/r50k_base'
import { getEncoding } from 'js-tiktoken'

const [path, prefix] = process.argv.slice(2)
const text = fs.readFileSync(path, 'utf8')
const tiktoken = getEncoding('gpt2')
for (const [name, f] of [['gpt-tokenizer', encode], ['js-tiktoken', (t) => tiktoken.encode(t)]]) {
  let best = Infinity, ids
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    ids = f(text)
    best = Math.min(best, (performance.now() - start) / 1000)
  }
  const file = `${prefix}-${name}`
  fs.writeFileSync(file, ids.join('\n') + '\n')
  const hash = crypto.createHash('sha256').update(Buffer.from(Uint16Array.from(ids).buffer)).digest('hex')
  console.log(name, (Buffer.byteLength(text) / 1e6 / best).toFixed(2), file, hash)
}
