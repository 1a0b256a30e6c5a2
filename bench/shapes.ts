/** The shapes that `llava-mini synth` knows, for what needs no weights. */
import { LlavaMiniError } from '../src/errors.ts';
import { SYNTH_MODELS, type SynthName, synthModelOf } from '../src/folder/synth-models.ts';
import { type ModelConfig, parseModelConfig } from '../src/model/config.ts';
import { parseVisionConfig, type VisionConfig, wellKnownTower } from '../src/model/vision/index.ts';

export const isShape = (name: string): name is SynthName => (SYNTH_MODELS as readonly string[]).includes(name);

/** @throws LlavaMiniError `bad-argument` naming the shapes that are known */
export function shape(name: string): ModelConfig {
  if (isShape(name)) return parseModelConfig(synthModelOf(name).config, name);
  throw new LlavaMiniError('bad-argument', `unknown shape "${name}"`, {
    hint: `known shapes: ${SYNTH_MODELS.join(', ')}`,
  });
}

/** Its vision tower, one of its own or a well-known one. */
export function towerOf(name: SynthName): VisionConfig {
  const { tower } = synthModelOf(name);
  const vision = tower ? parseVisionConfig(tower.config, name) : wellKnownTower(shape(name).visionTower);
  if (!vision) throw new LlavaMiniError('unsupported', `the vision tower of ${name} is not known`);
  return vision;
}

/** For the heading of a table. */
export function describe(config: ModelConfig): string {
  const { hiddenSize, intermediateSize, layers, heads, kvHeads, vocabSize } = config;
  return `width ${hiddenSize}, MLP ${intermediateSize}, ${layers} layers, heads ${heads}/${kvHeads}, vocabulary ${vocabSize}`;
}
