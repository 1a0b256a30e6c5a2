import { join } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import type { LookupHeads } from '../model/lookup-loss.ts';
import { writeFileAtomic } from '../util/atomic-file.ts';
import { BatchesAhead } from './batches-ahead.ts';
import { ClassExamples } from './class-examples.ts';
import { classSource } from './class-source.ts';
import { tokenizerCorpus } from './corpus.ts';
import type { FeatureStore } from './feature-store.ts';
import { type LlavaRecord, llavaSource } from './llava-data.ts';
import { matchHeads } from './match-heads.ts';
import { lookupClasses } from './pictograms/lookup-types.ts';
import { patchClassWords } from './pictograms/patch-targets.ts';
import { SLOTS } from './pictograms/slots.ts';
import type { Scene } from './pictograms/types.ts';
import type { SourcePlan } from './plan.ts';
import type { Run } from './run.ts';
import { attributeWords, patchWords, sceneSource, wordTable } from './scene-source.ts';
import { type AnswerSource, type AnswerStage, trainAnswers } from './stage-answers.ts';
import { loopOptions, type Opened, openStore, readTokenizer, type StageOf } from './stage-run.ts';
import { PairEncoder, TOKENIZER_CONFIG, trainTokenizer } from './tokenise.ts';

/** @file Stages that have to do with language: its tokenizer, its words, its answers. */

export async function runTokenizer(run: Run, stage: StageOf<'tokenizer'>): Promise<void> {
  const json = trainTokenizer(tokenizerCorpus(`${run.plan.seed}/corpus`, stage.scenes), stage.vocabulary);
  await writeFileAtomic(join(run.modelDir, 'tokenizer.json'), JSON.stringify(json));
  await writeFileAtomic(join(run.modelDir, 'tokenizer_config.json'), `${JSON.stringify(TOKENIZER_CONFIG, null, 2)}\n`);
}

export async function runMatch(run: Run, stage: StageOf<'match'>): Promise<void> {
  const tokenizer = await readTokenizer(run);
  matchHeads(run.config, run.weights, {
    names: wordTable(tokenizer, patchClassWords()),
    sharpness: stage.sharpness,
    attributes: wordTable(tokenizer, attributeWords()),
    copy: stage.copy,
  });
}

/** What the pointer counts for, against a lookup: it is what a whole list hangs on. */
const POINTER_SHARE = 2;

function lookupHeads(weight: number): LookupHeads {
  return Object.fromEntries(
    Object.entries(lookupClasses()).map(([name, { share, ...head }]) => [name, { ...head, weight: share * weight }]),
  );
}

/** One of the picture's parts, or that a list is at its end. */
function pointerHead(weight: number): LookupHeads[string] {
  return { classes: SLOTS + 1, weight: POINTER_SHARE * weight };
}

type AskedHow = Pick<StageOf<'answers'>, 'followUps' | 'everyday'>;

/** Alone and in the usual words: held-out questions are asked so, and figures of different plans compare. */
const ALONE: AskedHow = { followUps: 0, everyday: 0 };

/** What a stage trains and on what; close it afterwards. */
export async function openAnswers(run: Run, stage: StageOf<'answers'>): Promise<Opened<AnswerStage>> {
  const tokenizer = await readTokenizer(run);
  const encoder = new PairEncoder(tokenizer);
  const rows = run.weights.get('model.vision_tower.vision_tower.classifier.weight');
  if (!rows) throw new LlavaMiniError('bad-checkpoint', 'the starting weights have no classifier');
  const examples = new ClassExamples(rows.data, run.vision.classes);
  const stores: FeatureStore<unknown>[] = [];
  const kept = <Label>(name: string): FeatureStore<Label> => {
    const store = openStore<Label>(run, name, stage.features);
    stores.push(store);
    return store;
  };
  const source = (s: SourcePlan, { followUps, everyday }: AskedHow): AnswerSource => {
    if (s.kind === 'scenes')
      return sceneSource(s.name, kept<Scene>(s.store), encoder, {
        weight: s.weight,
        asking: s.asking,
        favour: s.favour,
        lookups: stage.lookups !== undefined,
        followUps,
        everyday,
      });
    if (s.kind === 'llava')
      return llavaSource(
        s.name,
        kept<LlavaRecord[]>(s.store),
        tokenizer,
        tokenizer.idOf('<|end|>') as number,
        s.weight,
      );
    const { weight, asKept } = s;
    const side = run.vision.imageSize / 32;
    return classSource(examples, kept<Scene>(s.store), encoder, { weight, asKept, side, followUps, everyday });
  };
  // Conversations of others may have the picture anywhere in their first turn.
  const isOurs = [...stage.sources, ...stage.heldOut].every(({ kind }) => kind !== 'llava');
  const opening = isOurs ? encoder.opening : [];
  return {
    stage: {
      config: run.config,
      vision: run.vision,
      weights: run.weights,
      features: stage.features,
      sources: stage.sources.map((s) => source(s, stage)),
      heldOut: stage.heldOut.map((s) => source(s, ALONE)),
      ...patchWords(tokenizer, stage.words, stage.words.still),
      ...(stage.lookups === undefined
        ? {}
        : { lookups: lookupHeads(stage.lookups), pointer: pointerHead(stage.lookups) }),
      buckets: stage.buckets.map((bucket) => ({ ...bucket, opening })),
      shortWeight: stage.shortWeight,
      optimiser: stage.optimiser,
    },
    close: () => {
      for (const store of stores) store.close();
    },
  };
}

export async function runAnswers(run: Run, stage: StageOf<'answers'>): Promise<void> {
  const { stage: opened, close } = await openAnswers(run, stage);
  const ahead = BatchesAhead.open(run, stage);
  try {
    await trainAnswers(opened, { ...loopOptions(run, stage), draw: ahead?.draw });
  } finally {
    await ahead?.close();
    close();
  }
}
