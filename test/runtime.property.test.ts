import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Answer, LlavaMini, type LoadOptions } from '../src/index.ts';
import type { Picture } from '../src/media/index.ts';
import { writeTinyModel } from './support/tiny-model.ts';

const shape = fc
  .record({
    headDim: fc.constantFrom(8, 16, 24, 32),
    kvHeads: fc.constantFrom(1, 2),
    groups: fc.constantFrom(1, 2),
    layers: fc.integer({ min: 1, max: 3 }),
    prefusion: fc.integer({ min: 0, max: 3 }),
    compressor: fc.integer({ min: 1, max: 3 }),
    ratio: fc.constantFrom(1, 2),
    projector: fc.constantFrom('linear', 'mlp2x_gelu', 'mlp3x_gelu'),
    tied: fc.boolean(),
    aspect: fc.constantFrom('pad', 'square'),
    visionWidth: fc.constantFrom(32, 64),
  })
  .map((s) => ({
    config: {
      hidden_size: s.headDim * s.kvHeads * s.groups,
      num_attention_heads: s.kvHeads * s.groups,
      num_key_value_heads: s.kvHeads,
      num_hidden_layers: s.layers,
      prefusion_layer_num: s.prefusion,
      compressor_size: s.compressor,
      resolution_ratio: s.ratio,
      mm_projector_type: s.projector,
      tie_word_embeddings: s.tied,
      image_aspect_ratio: s.aspect,
      mm_hidden_size: s.visionWidth,
    },
    vision: { hidden_size: s.visionWidth },
  }));

const picture: fc.Arbitrary<Picture> = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }), seed: fc.nat() })
  .map(({ width, height, seed }) => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 24) & 255),
  }));

const question = fc
  .array(fc.constantFrom('what', 'is', 'a', 'red', 'cat', 'how many', '<image>', '!', 'ü', '<end>', '7'), {
    minLength: 1,
    maxLength: 12,
  })
  .map((words) => words.join(' '));

const sampling = fc.record({
  temperature: fc.constantFrom(0, 0, 0.7),
  topP: fc.constantFrom(1, 0.9),
  topK: fc.constantFrom(0, 20),
  repetitionPenalty: fc.constantFrom(1, 1.2),
  seed: fc.nat(1000),
});

/** Runs `use` with a random model, loaded twice: once as it is by default, once in small steps. */
async function withModels(
  model: { config: object; vision: object },
  seed: number,
  use: (whole: LlavaMini, steps: LlavaMini) => Promise<void>,
): Promise<void> {
  const tiny = await writeTinyModel({ ...model.config }, String(seed), { ...model.vision });
  const load = (tuning: LoadOptions['tuning']): Promise<LlavaMini> =>
    LlavaMini.load(tiny.dir, { threads: 1, engine: 'inline', tuning });
  const models = [await load({}), await load({ prefillChunk: 3, maxBatch: 2, frameChunk: 1 })] as const;
  try {
    await use(...models);
  } finally {
    await Promise.all(models.map((m) => m.dispose()));
    await tiny.remove();
  }
}

const said = ({ text, tokens, finishReason }: Answer): object => ({ text, tokens, finishReason });

test('an answer does not depend on how it is computed', { timeout: 60_000 }, async () => {
  const asked = fc.record({ pictures: fc.array(fc.nat(2), { maxLength: 2 }), question, sampling });
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.nat(),
      fc.array(picture, { minLength: 3, maxLength: 3 }),
      fc.array(asked, { minLength: 3, maxLength: 5 }),
      async (model, seed, pictures, questions) => {
        await withModels(model, seed, async (whole, steps) => {
          const kept = await Promise.all(pictures.map((p) => whole.see(p)));
          const options = (i: number) => ({ ...questions[i].sampling, maxTokens: 5 + i });
          const ask = (i: number, from: readonly (Picture | (typeof kept)[number])[], on = whole): Promise<Answer> =>
            on.ask(
              questions[i].pictures.map((p) => from[p]),
              questions[i].question,
              options(i),
            );
          // Each alone, every picture looked at anew, by a model that has no cache of use yet.
          const alone: object[] = [];
          for (let i = 0; i < questions.length; i++) alone.push(said(await ask(i, pictures)));
          // With the kept memories, all at once, in one batch.
          const together = await Promise.all(questions.map((_, i) => ask(i, kept)));
          expect(together.map(said)).toEqual(alone);
          // The same again, the prompt still in the cache.
          for (let i = 0; i < questions.length; i++) {
            const twice = [await ask(i, kept), await ask(i, kept)];
            expect(twice.map(said)).toEqual([alone[i], alone[i]]);
            expect(twice[1].usage.cachedTokens).toBe(twice[1].usage.promptTokens - 1);
          }
          // In small chunks, in small batches.
          const chunked = await Promise.all(questions.map((_, i) => ask(i, pictures, steps)));
          expect(chunked.map(said)).toEqual(alone);
          // As a stream.
          const streams = questions.map(({ pictures: p, question: q }, i) =>
            whole.stream(
              p.map((n) => kept[n]),
              q,
              options(i),
            ),
          );
          for (const [i, stream] of streams.entries()) {
            const pieces: string[] = [];
            for await (const piece of stream) pieces.push(piece);
            const result = await stream.result;
            expect(pieces.join('')).toBe(result.text);
            expect(said(result)).toEqual(alone[i]);
          }
        });
      },
    ),
    { numRuns: 8 },
  );
});

test('a chat answers as if everything had been said anew', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.nat(),
      fc.array(picture, { minLength: 2, maxLength: 2 }),
      fc.array(fc.record({ shows: fc.boolean(), question }), { minLength: 2, maxLength: 3 }),
      async (model, seed, pictures, turns) => {
        await withModels(model, seed, async (whole, steps) => {
          const chat = whole.conversation({ maxTokens: 6 });
          let shown = 0;
          for (const turn of turns) {
            if (turn.shows && shown < pictures.length) await chat.show(pictures[shown++]);
            const { text } = await chat.ask(turn.question).result;
            const said = chat.messages;
            expect(said.at(-1)).toEqual({ role: 'assistant', content: text });
            // The same messages, with the pictures themselves, on a model that has heard nothing of it.
            let next = 0;
            const anew = said.slice(0, -1).map((message) => ({
              ...message,
              content:
                typeof message.content === 'string'
                  ? message.content
                  : message.content.map((part) =>
                      part.type === 'image' ? { type: 'image' as const, image: pictures[next++] } : part,
                    ),
            }));
            expect((await steps.chat(anew, { maxTokens: 6 })).text).toBe(text);
          }
        });
      },
    ),
    { numRuns: 5 },
  );
});
