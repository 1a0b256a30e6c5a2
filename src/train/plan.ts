import { z } from 'zod';
import { LlavaMiniError } from '../errors.ts';
import { QUESTION_KINDS } from './pictograms/questions-types.ts';
import { checkStores } from './plan-stores.ts';

/** @file The plan of a training run: a JSON file that lists stages. Paths are relative to the file's folder. */

const id = z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens only');
const positive = z.number().int().positive();

const group = z.object({
  match: z.string().refine((text) => {
    try {
      new RegExp(text);
      return true;
    } catch {
      return false;
    }
  }, 'is no regular expression'),
  optimiser: z.enum(['adamw', 'muon']),
  learningRate: z.number().positive(),
  adamwLearningRate: z.number().positive().optional(),
  weightDecay: z.number().min(0).optional(),
});

const optimiser = z.object({
  clip: z.number().positive().default(1),
  /** Batches whose gradients make one step. */
  accumulate: positive.max(1024).default(1),
  groups: z.array(group).min(1),
});

const bucket = z.object({
  pictures: positive,
  questions: positive,
  promptTokens: positive,
  sequence: positive,
  labels: positive,
  answerTokens: positive,
  share: z.number().positive().default(1),
});

const source = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('scenes'),
    name: id,
    store: id,
    asking: z.enum(['all', 'name']),
    /** Kinds of questions, and `short` ones, that are asked more often, and how much. */
    favour: z.partialRecord(z.enum([...QUESTION_KINDS, 'short']), z.number().positive()).optional(),
    weight: z.number().positive(),
  }),
  z.object({
    kind: z.literal('classes'),
    store: id,
    /** Take the store's features as they are: `cutouts` show nothing that has a name. Others are mixed up first. */
    asKept: z.boolean().default(false),
    weight: z.number().positive(),
  }),
  z.object({ kind: z.literal('llava'), name: id, store: id, weight: z.number().positive() }),
]);

/** Share of the steps, from the last backwards, whose weights' mean a stage comes to; 0: the last step's weights. */
const averageLast = z.number().min(0).max(1).default(0);

const recipe = z.record(z.string(), z.unknown());

const stage = z.discriminatedUnion('kind', [
  /** A tokenizer trained on what will be asked and answered. */
  z.object({ id, kind: z.literal('tokenizer'), scenes: positive, vocabulary: positive }),
  /** Made-up pictures, drawn, seen by the frozen tower and kept. */
  z.object({
    id,
    kind: z.literal('pictures'),
    count: positive,
    keep: z.enum(['maps', 'patches']),
    recipe,
    styles: z.array(z.string()).optional(),
    seed: z.string().optional(),
  }),
  /** Outlines of drawings, filled with pieces of the photographs in a folder; see `drawCutout`. */
  z.object({ id, kind: z.literal('cutouts'), count: positive, photographs: z.string(), seed: z.string().optional() }),
  /** Pictures and conversations of a file in LLaVA's JSON format. */
  z.object({ id, kind: z.literal('llava'), file: z.string(), images: z.string() }),
  /** Stage 0: naming with a classifier that is thrown away. */
  z.object({
    id,
    kind: z.literal('naming'),
    /** Pictures of one thing, and where `patches` is set also of several. */
    stores: z.array(id).min(1),
    /** Also teach every patch what it shows. */
    patches: z.boolean().default(false),
    heldOut: z.array(id),
    steps: positive,
    /** As of `answers`. */
    stopAt: positive.optional(),
    batch: positive,
    warmup: positive.default(50),
    averageLast,
    evaluateEvery: positive.default(400),
    optimiser,
  }),
  /** Runs the trained fold over kept maps: a sixth of the size. */
  z.object({ id, kind: z.literal('fold'), stores: z.array(z.object({ from: id, to: id })).min(1) }),
  /** Stages 1 and 2: answers. */
  z.object({
    id,
    kind: z.literal('answers'),
    /** What the stores keep: `maps` where the learned map is to move too, or has moved since. */
    features: z.enum(['maps', 'patches']).default('patches'),
    sources: z.array(source).min(1),
    heldOut: z.array(source),
    steps: positive,
    /** Stop at this step, at the rate that is due there, for a stage that goes on with other means. */
    stopAt: positive.optional(),
    warmup: positive.default(40),
    averageLast,
    evaluateEvery: positive.default(300),
    /** Also bring patches next to the words for what they show, and what each of these losses counts for. */
    words: z
      .object({
        names: z.number().positive().optional(),
        colours: z.number().positive().optional(),
        rows: z.number().positive().optional(),
        columns: z.number().positive().optional(),
        kinds: z.number().positive().optional(),
        /** The vision token, next to the name of the one thing in the picture. */
        token: z.number().positive().optional(),
        /** Only patches move towards the words; the words' embeddings learn from answers alone. */
        still: z.boolean().default(false),
      })
      .default({ still: false }),
    /** Also teach fused tokens to tell of the picture, see `lookupsOf`; what each classifier's loss counts for. */
    lookups: z.number().positive().optional(),
    /** What a token of an answer in a word or phrase counts for, against one in a sentence: they have few. */
    shortWeight: z.number().positive().default(1),
    /** Share of the questions that follow others about the same picture, with their answers. */
    followUps: z.number().min(0).max(1).default(0),
    /** Share of the questions that are put in words of every day, which evaluation does not use. */
    everyday: z.number().min(0).max(1).default(0),
    buckets: z.array(bucket).min(1),
    optimiser,
  }),
  /** Makes heads of each pre-fusion layer compare content; see `matchHeads`. */
  z.object({
    id,
    kind: z.literal('match'),
    sharpness: z.number().positive().default(20),
    /** How strongly they pass on what they find, a second head for attributes among them; 0: one head compares, no more. */
    copy: z.number().min(0).default(0),
  }),
  /** Writes the table of places behind the fold, from what patches of this store hold; fold its maps anew afterwards. */
  z.object({ id, kind: z.literal('places'), store: id, pictures: positive.default(500) }),
  /** The mean of the weights so far and others, of which these count for `share`; see `averageWeights`. */
  z.object({ id, kind: z.literal('average'), with: z.string(), share: z.number().gt(0).lt(1) }),
  /** Writes the model folder's weights in 16 bits. */
  z.object({ id, kind: z.literal('export') }),
]);

const plan = z.object({
  name: id,
  /** The model folder: config.json, the tower's folder, and where tokenizer and weights are written. */
  model: z.string(),
  /**
   * Weights that are there before training: a safetensors file of this project with the tower's tensors, or several, of
   * which a later one's tensors take the place of those before.
   */
  start: z.union([z.string(), z.array(z.string()).min(1)]).transform((files) => [files].flat()),
  /** What of them is used: the frozen tower alone, or the whole model, to teach a trained one more. */
  startWith: z.enum(['tower', 'model']).default('tower'),
  /** Folder for states, kept features and metrics. */
  run: z.string(),
  seed: z.string(),
  stages: z.array(stage).min(1),
});

export type TrainingPlan = z.infer<typeof plan>;
export type Stage = TrainingPlan['stages'][number];
export type SourcePlan = z.infer<typeof source>;

/** Whether a stage's `.done` file is that of the stage as the plan has it now; keys that are new have their defaults. */
export function isStage(done: string, now: Stage): boolean {
  try {
    return JSON.stringify(stage.parse(JSON.parse(done))) === JSON.stringify(now);
  } catch {
    return false;
  }
}

/** @throws LlavaMiniError `bad-data` naming the stage and key. */
export function parsePlan(json: unknown, where: string): TrainingPlan {
  const parsed = plan.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new LlavaMiniError('bad-data', `${where}: ${issue.path.join('.') || 'the file'}: ${issue.message}`, {
      hint: 'see docs/training.md for the format and training/nano-v21.json for an example',
    });
  }
  const seen = new Set<string>();
  for (const { id: name } of parsed.data.stages) {
    if (seen.has(name)) throw new LlavaMiniError('bad-data', `${where}: two stages are called ${name}`);
    seen.add(name);
  }
  checkStores(parsed.data, where);
  return parsed.data;
}
