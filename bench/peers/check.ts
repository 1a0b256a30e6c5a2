/**
 * Whether the peers work: small random GGUF files in every layout that the benchmarks write, loaded by llama.cpp with
 * its own check of the tensors, and generation from them.
 *
 *     node scripts/run-typescript.mjs bench/peers/check.ts
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelConfig } from '../../src/model/config.ts';
import { randomIds } from '../prompts.ts';
import { shape } from '../shapes.ts';
import { type LlamaShape, writeGguf } from './gguf.ts';
import { loadPeer } from './llama-cpp.ts';

const tiny: ModelConfig = { ...shape('tiny'), hiddenSize: 256, headDim: 64, ropeScaling: null };
const cases: Record<string, LlamaShape> = {
  'output in Q6_K': tiny,
  'matrices in Q4_K and Q6_K': { ...tiny, quant: 'q4_k_m' },
  'embedding is the output, Llama 3 rotary': {
    ...tiny,
    tieWordEmbeddings: true,
    ropeScaling: shape('llama-3.1-8b').ropeScaling,
  },
  'output in Q8_0, linear rotary': {
    ...tiny,
    hiddenSize: 96,
    headDim: 24,
    ropeScaling: { kind: 'linear', factor: 2, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 2048 },
  },
};

const dir = await mkdtemp(join(tmpdir(), 'llava-mini-peers-'));
try {
  for (const [name, config] of Object.entries(cases)) {
    const path = join(dir, 'random.gguf');
    await writeGguf(path, config);
    const peer = await loadPeer(path, { threads: 2, contextSize: 256, checkTensors: true });
    const { width, vocabulary, positions } = peer.info;
    assert.deepEqual([width, vocabulary, positions], [config.hiddenSize, config.vocabSize, config.maxPositions], name);
    const ids = randomIds(config.vocabSize, 48, 'check');
    const whole = await peer.generate(ids, 16);
    assert.equal(whole.tokens.length, 16, name);
    assert.ok(new Set(whole.tokens).size > 1, `${name}: one token over and over: ${whole.tokens}`);
    assert.ok(
      whole.tokens.every((id) => id >= 0 && id < config.vocabSize),
      name,
    );
    assert.deepEqual((await peer.generate(ids, 16)).tokens, whole.tokens, `${name}: the same again`);
    assert.deepEqual((await peer.generate(ids.slice(40), 16, 40)).tokens, whole.tokens, `${name}: after a kept prefix`);
    const other = await peer.generate(randomIds(config.vocabSize, 48, 'other'), 16);
    assert.notDeepEqual(other.tokens, whole.tokens, `${name}: another prompt, the same answer`);
    console.log(`${peer.name}: ${name}: ${(await stat(path)).size} bytes, ${whole.tokens.join(' ')}`);
    await peer.dispose();
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
