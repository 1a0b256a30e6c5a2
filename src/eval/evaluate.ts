import { LlavaMiniError } from '../errors.ts';
import { LlavaMini } from '../runtime/llava-mini.ts';

import { conceptOf } from '../train/pictograms/concepts.ts';
import { askAbout, QUESTION_KINDS, type Question } from '../train/pictograms/questions.ts';
import { nameQuestion } from '../train/pictograms/questions-name.ts';
import { PictureMaker, type Recipe } from '../train/pictograms/recipe.ts';
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
  seed?: string;
  threads?: number;
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; all: number }) => void;
}

export interface EvaluationResult {
  model: string;
  set: EvaluationSet;
  kinds: Record<string, { right: number; total: number }>;
  /** Mean of the kinds' shares. */
  average: number;
  /** A few wrong answers of each kind, to look at. */
  wrong: { kind: string; seed: string; question: string; answer: string; expected: string }[];
}

const SCENES: Recipe = {
  kind: 'mix',
  parts: [
    { weight: 4, recipe: { kind: 'objects', size: 256, count: [2, 6] } },
    { weight: 2, recipe: { kind: 'shapes', size: 256 } },
    { weight: 1, recipe: { kind: 'lettering', size: 256 } },
    { weight: 3, recipe: { kind: 'single', size: 256 } },
  ],
};

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
  const sprites = await loadSprites({ ...(set === 'seen' ? {} : { styles: [set] }), signal });
  const maker = new PictureMaker(sprites);
  const model = await LlavaMini.load(modelDir, { threads: options.threads, signal });
  const counts: EvaluationResult['kinds'] = {};
  const wrong: EvaluationResult['wrong'] = [];
  const kinds = set === 'seen' ? QUESTION_KINDS : (['name'] as const);
  const total = kinds.length * limit;
  let done = 0;
  try {
    for (let i = 0; done < total && i < 60 * limit; i++) {
      signal?.throwIfAborted();
      const { picture, scene, questions, name } = makeItem(set, i, seed, maker);
      const open = questions.filter((q) => kinds.includes(q.kind as never) && (counts[q.kind]?.total ?? 0) < limit);
      if (open.length === 0) continue;
      const memory = await model.see({ width: scene.size, height: scene.size, data: picture }, { signal });
      try {
        const asked = new Set<string>();
        for (const question of open) {
          if (asked.has(question.kind)) continue;
          asked.add(question.kind);
          const { text } = await model.ask(memory, question.question, { maxTokens: 48, signal });
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
    await model.dispose();
  }
  const shares = Object.values(counts).map((c) => c.right / c.total);
  return {
    model: modelDir ?? 'nano',
    set,
    kinds: counts,
    average: shares.reduce((a, b) => a + b, 0) / shares.length,
    wrong,
  };
}

const isSet = (name: string): name is EvaluationSet => (EVALUATION_SETS as readonly string[]).includes(name);

function makeItem(
  set: EvaluationSet,
  index: number,
  seed: string,
  maker: PictureMaker,
): { picture: Uint8Array; scene: Scene; questions: Question[]; name: string } {
  const name = `${seed}/${set}/${index}`;
  const recipe: Recipe = set === 'seen' ? SCENES : { kind: 'single', size: 256, strength: 0 };
  const { picture, scene } = maker.make(recipe, name);
  const random = new Random(`${name}/questions`);
  if (set === 'seen') return { picture, scene, questions: askAbout(scene, random), name };
  return { picture, scene, questions: [nameQuestion(conceptOf(scene.objects[0]), random)], name };
}
