// Our GGUF files in llama.cpp: the probability of every next byte, beside our own.
//
//   npm install --ignore-scripts @fugood/llama.node        llama.cpp, prebuilt, for node
//   NODE_PATH=$PWD/node_modules node bench/formats/llamacpp.js build/loglog build/tests/formats_probe
//
// Weights that are all drawn, of a llama and a gpt away from their base shapes. llama.cpp says probabilities, rounded to
// float; logits are compared as differences of ln p to the likeliest byte, where p is above 1e-5. ggml's GELU goes through a
// table of 16-bit floats, which a gpt shows.
//
//   2026-11-29, llama.node 1.7.15:   llama 7.1e-6 at worst of 1024 logits    gpt 8.0e-4
const { loadModel } = require('@fugood/llama.node');
const { execFileSync } = require('child_process');
const fs = require('fs'), os = require('os'), path = require('path');

const [loglog, probe] = process.argv.slice(2).map((p) => path.resolve(p));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'llamacpp-'));
const T = 48, V = 257, bars = { llama: 1e-4, gpt: 2e-3 };
const texts = ['T', 'The quick brown fox', 'if (x < 3) { y += 1; }', 'abcdefghijklmnopqrstuvwxyz 0123456789 ABCDEFGH'];

function byteOf(said) {
  const hex = /^byte: \\x([0-9a-f]{2})$/.exec(said);
  if (hex) return parseInt(hex[1], 16);
  const bytes = Buffer.from(said);
  return bytes.length === 1 ? bytes[0] : 256;
}

function ours(weights, text) {
  const out = path.join(folder, 'logits');
  execFileSync(probe, ['logits', weights, out, text]);
  const raw = fs.readFileSync(out), at = text.length - 1;
  const row = Array.from({ length: V }, (_, v) => raw.readFloatLE(4 * (at * V + v)));
  const top = Math.max(...row);
  return row.map((v) => v - top);
}

(async () => {
  let bad = 0;
  for (const family of ['llama', 'gpt']) {
    const weights = path.join(folder, family + '.safetensors'), gguf = path.join(folder, family + '.gguf');
    execFileSync(probe, ['make', family, weights]);
    execFileSync(loglog, ['export', '--weights', weights, '--format', 'gguf', '--out', gguf]);
    let worst = 0, compared = 0;
    for (const text of texts) {
      // anew for each text: the first completion of a context is of the whole text
      const model = await loadModel({ model: gguf, n_ctx: T, n_batch: T, n_threads: 1, n_gpu_layers: 0, use_mmap: false,
        flash_attn_type: 'off', cache_type_k: 'f32', cache_type_v: 'f32' });
      const asked = await model.tokenize(text);
      const tokens = Array.from(asked.tokens ?? asked);
      if (tokens.length !== text.length || tokens.some((t, i) => t !== text.charCodeAt(i))) bad++, console.log('tokens', tokens);
      const said = await model.completion({ prompt: text, n_predict: 1, temperature: 1, top_k: 0, top_p: 1, min_p: 0,
        typical_p: 1, penalty_repeat: 1, n_probs: V, seed: 1 });
      const probs = said.completion_probabilities[0].probs, top = Math.max(...probs.map((p) => p.prob));
      const own = ours(weights, text);
      for (const p of probs) {
        const byte = byteOf(p.tok_str);
        if (p.prob < 1e-5 || byte > 255) continue;
        worst = Math.max(worst, Math.abs(Math.log(p.prob / top) - own[byte]));
        compared++;
      }
    }
    const ok = worst <= bars[family] && compared > 4 * texts.length;
    bad += !ok;
    console.log(`${ok ? 'ok' : 'FAILED'}: ${family}: ${compared} logits, the worst differs by ${worst.toExponential(1)}`);
  }
  fs.rmSync(folder, { recursive: true });
  process.exit(bad ? 1 : 0);
})().catch((e) => { console.error(e); process.exit(1); });
