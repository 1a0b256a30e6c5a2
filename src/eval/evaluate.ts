import { LlavaMiniError } from '../errors.ts';
import { LlavaMini } from '../runtime/llava-mini.ts';
import type { LoadProgress } from '../runtime/load-options.ts';
import type { WeightType } from '../runtime/sessions.ts';
import { conceptOf } from '../train/pictograms/concepts.ts';
import { PictureFactory, type PictureOrder } from '../train/pictograms/picture-factory.ts';
import { askAbout, QUESTION_KINDS, type Question } from '../train/pictograms/questions.ts';
import { nameQuestion } from '../train/pictograms/questions-name.ts';
import type { Recipe } from '../train/pictograms/recipe.ts';
import { loadSprites } from '../train/pictograms/sprites.ts';
import type { Scene } from '../train/pictograms/types.ts';
import { Random } from '../util/random.ts';
import { isRight } from './normalise.ts';

/** Test sets: scenes in the styles trained on, or one thing alone in a style that was held out. */
export const EVALUATION_SETS = ['seen', 'apple', 'openmoji', 'facebook'] as const;
export type EvaluationSet = (typeof EVALUATION_SETS)[number];

export interface EvaluateOptions {
  /** One of {@link EVALUATION_SETS}; default `seen`. */
  set?: string;
  /** Questions per kind. Default 1,000. */
  limit?: number;
  /**
   * How much drawings are changed (colours, lines, texture, blur, place): 0 as they are, 1 as strongly as the hardest
   * in training, where people cannot always tell either. Default 0.3 in scenes; a style never seen is shown as it is.
   */
  strength?: number;
  seed?: string;
  threads?: number;
  /** See `LoadOptions`. */
  dtype?: WeightType;
  /** See `LoadOptions`. */
  tower?: string;
  onLoading?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; all: number }) => void;
}

export interface EvaluationResult {
  model: string;
  set: EvaluationSet;
  strength: number;
  kinds: Record<string, { right: number; total: number }>;
  /** Mean of the kinds' shares. */
  average: number;
  /** A few wrong answers of each kind, to look at. */
  wrong: { kind: string; seed: string; question: string; answer: string; expected: string }[];
}

/** A usual test changes drawings a little; see `EvaluateOptions.strength`. */
const USUAL_STRENGTH = 0.3;

function scenes(strength: number): Recipe {
  return {
    kind: 'mix',
    parts: [
      { weight: 4, recipe: { kind: 'objects', size: 256, count: [2, 6], strength } },
      { weight: 2, recipe: { kind: 'shapes', size: 256, strength } },
      { weight: 1, recipe: { kind: 'lettering', size: 256, strength } },
      { weight: 3, recipe: { kind: 'single', size: 256, strength } },
    ],
  };
}

/**
 * Asks a model about pictures it has never seen and counts exact answers after normalisation; synonyms count. Same
 * seed, same pictures and questions. Needs the icon sets (development dependencies).
 */
export async function evaluateModel(
  modelDir: string | undefined,
  options: EvaluateOptions = {},
): Promise<EvaluationResult> {
  const { set = 'seen', limit = 1000, seed = 'evaluation', signal } = options;
  if (!isSet(set))
    throw new LlavaMiniError('bad-argument', `there is no set ${set}`, { hint: `sets: ${EVALUATION_SETS.join(', ')}` });
  if (!Number.isInteger(limit) || limit < 1)
    throw new LlavaMiniError('bad-argument', 'limit must be a whole number above 0');
  const { strength = set === 'seen' ? USUAL_STRENGTH : 0 } = options;
  if (!(strength >= 0 && strength <= 1)) throw new LlavaMiniError('bad-argument', 'strength must be from 0 to 1');
  const sprites = await loadSprites({ ...(set === 'seen' ? {} : { styles: [set] }), signal });
  const model = await LlavaMini.load(modelDir, {
    threads: options.threads,
    dtype: options.dtype,
    tower: options.tower,
    onProgress: options.onLoading,
    signal,
  });
  const factory = new PictureFactory(sprites, { workers: 1, ahead: 8 });
  const counts: EvaluationResult['kinds'] = {};
  const wrong: EvaluationResult['wrong'] = [];
  const kinds = set === 'seen' ? QUESTION_KINDS : (['name'] as const);
  const total = kinds.length * limit;
  let done = 0;
  try {
    for await (const { picture, scene } of factory.pictures(orders(set, strength, seed, 60 * limit), { signal })) {
      if (done >= total) break;
      const name = scene.seed;
      const open = questionsAbout(set, scene).filter(
        (q) => kinds.includes(q.kind as never) && (counts[q.kind]?.total ?? 0) < limit,
      );
      if (open.length === 0) continue;
      const memory = await model.see({ width: scene.size, height: scene.size, data: picture }, { signal });
      try {
        // Asked together: the engine decodes them as one batch. That changes no answer but, in q4 and q8, near ties.
        const answers = await Promise.all(
          open.map(({ question }) => model.ask(memory, question, { maxTokens: 48, signal })),
        );
        for (const [i, question] of open.entries()) {
          const { text } = answers[i];
          counts[question.kind] ??= { right: 0, total: 0 };
          const count = counts[question.kind];
          count.total++;
          if (isRight(text, question)) count.right++;
          else if (wrong.filter((w) => w.kind === question.kind).length < 5)
            wrong.push({
              kind: question.kind,
              seed: name,
              question: question.question,
              answer: text,
              expected: question.answer,
            });
          options.onProgress?.({ done: ++done, all: total });
        }
      } finally {
        memory.dispose();
      }
    }
  } finally {
    await factory.close();
    await model.dispose();
  }
  const shares = Object.values(counts).map((c) => c.right / c.total);
  return {
    model: modelDir ?? 'nano',
    set,
    strength,
    kinds: counts,
    average: shares.reduce((a, b) => a + b, 0) / shares.length,
    wrong,
  };
}

const isSet = (name: string): name is EvaluationSet => (EVALUATION_SETS as readonly string[]).includes(name);

function* orders(set: EvaluationSet, strength: number, seed: string, most: number): Generator<PictureOrder> {
  const recipe: Recipe = set === 'seen' ? scenes(strength) : { kind: 'single', size: 256, strength };
  for (let i = 0; i < most; i++) yield { recipe, seed: `${seed}/${set}/${i}` };
}

/** One question of each kind that fits. */
function questionsAbout(set: EvaluationSet, scene: Scene): Question[] {
  const random = new Random(`${scene.seed}/questions`);
  return set === 'seen' ? askAbout(scene, random) : [nameQuestion(conceptOf(scene.objects[0]), random)];
}
