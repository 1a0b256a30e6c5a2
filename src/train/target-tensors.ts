import * as ort from 'onnxruntime-node';
import type { BatchTensors } from './step-runner.ts';

/** What a patch of the ground counts for, against one of a thing: most patches show it. */
export const GROUND_WEIGHT = 0.1;

/**
 * The inputs of a loss over classes: `NAME_targets` int32 and `NAME_weights` float32, `[targets]` each.
 *
 * @param targets class ids; −1 counts for nothing
 * @param weightOf what a class counts for; default 1
 */
export function targetTensors(
  name: string,
  targets: ArrayLike<number>,
  weightOf: (target: number) => number = () => 1,
): BatchTensors {
  const known = Int32Array.from(targets, (target) => Math.max(0, target));
  const weights = Float32Array.from(targets, (target) => (target < 0 ? 0 : weightOf(target)));
  return {
    [`${name}_targets`]: new ort.Tensor('int32', known, [known.length]),
    [`${name}_weights`]: new ort.Tensor('float32', weights, [known.length]),
  };
}
