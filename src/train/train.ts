import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LOOKUP_HEAD } from '../model/lookup-loss.ts';
import { NAMING_HEAD } from '../model/naming-loss.ts';
import { writeFileAtomic } from '../util/atomic-file.ts';
import { averageWeights } from './average-weights.ts';
import { isStage, type Stage } from './plan.ts';
import { openRun, type Run, type TrainOptions } from './run.ts';
import { runAnswers, runMatch, runTokenizer } from './run-answers.ts';
import { runNaming } from './run-naming.ts';
import { runCutouts, runFold, runLlava, runPictures, runPlaces } from './run-pictures.ts';
import { readWeights, saveWeights } from './run-state.ts';
import type { Weights } from './step-runner.ts';

export type { TrainOptions } from './run.ts';

/**
 * Runs a plan's stages in order. A stage that is done is skipped, one that was interrupted goes on from its last
 * saved state; its result does not depend on where it was interrupted.
 *
 * @throws LlavaMiniError `bad-data` (plan, data), `bad-model`, `bad-checkpoint`, `no-space`, `io`; the signal's reason
 */
export async function trainFromConfig(path: string, options: TrainOptions = {}): Promise<void> {
  const run = await openRun(path, options);
  const { plan, dir } = run;
  for (const stage of plan.stages) {
    options.signal?.throwIfAborted();
    const result = join(dir, `${stage.id}.safetensors`);
    const marker = join(dir, `${stage.id}.done`);
    if (existsSync(marker)) {
      if (existsSync(result)) for (const [name, weight] of await readWeights(result)) run.weights.set(name, weight);
      const changed = !isStage(await readFile(marker, 'utf8'), stage);
      options.onLog?.(
        `${stage.id}: done before${changed ? ', as the plan had it then; delete its files to repeat it' : ''}`,
      );
    } else {
      options.onLog?.(`${stage.id}: ${stage.kind}`);
      await runStage(run, stage);
      if (MAKES_WEIGHTS.has(stage.kind)) await saveWeights(result, run.weights, 'F32');
      await writeFileAtomic(marker, `${JSON.stringify(stage)}\n`);
    }
    if (stage.id === options.until) break;
  }
}

/** Stages whose result is kept as weights of its own. */
const MAKES_WEIGHTS: ReadonlySet<Stage['kind']> = new Set(['naming', 'match', 'places', 'answers', 'average']);

async function runStage(run: Run, stage: Stage): Promise<void> {
  switch (stage.kind) {
    case 'tokenizer':
      return runTokenizer(run, stage);
    case 'pictures':
      return runPictures(run, stage);
    case 'cutouts':
      return runCutouts(run, stage);
    case 'llava':
      return runLlava(run, stage);
    case 'naming':
      return runNaming(run, stage);
    case 'fold':
      return runFold(run, stage);
    case 'match':
      return runMatch(run, stage);
    case 'places':
      return runPlaces(run, stage);
    case 'answers':
      return runAnswers(run, stage);
    case 'average':
      return averageWeights(run.weights, await readWeights(join(run.base, stage.with)), stage.share);
    case 'export':
      return saveWeights(join(run.modelDir, 'model.safetensors'), withoutHeads(run.weights), 'F16', {
        trained_by: 'llava-mini train',
      });
  }
}

/** What answers need. Classifiers that only taught stay in a run's folder, for one that goes on from there. */
function withoutHeads(weights: Weights): Weights {
  return new Map([...weights].filter(([name]) => !name.startsWith(NAMING_HEAD) && !name.startsWith(LOOKUP_HEAD)));
}
