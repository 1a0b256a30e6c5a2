import type { ModelConfig } from './config.ts';

/**
 * Cosine and sine tables of rotary position embedding, `[positions, headDim/2]` each, with Llama 3's or linear
 * scaling of the frequencies (as transformers 4.43's `modeling_rope_utils`).
 */
export function rotaryTables(config: ModelConfig, positions: number): { cos: Float32Array; sin: Float32Array } {
  const half = config.headDim / 2;
  const frequencies = Array.from({ length: half }, (_, i) =>
    scaleFrequency(1 / config.ropeTheta ** ((2 * i) / config.headDim), config.ropeScaling),
  );
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let p = 0; p < positions; p++)
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(p * Math.fround(frequencies[i]));
      cos[p * half + i] = Math.cos(angle);
      sin[p * half + i] = Math.sin(angle);
    }
  return { cos, sin };
}

/** A frequency (radians per position) after Llama 3's or linear scaling. */
export function scaleFrequency(frequency: number, scaling: ModelConfig['ropeScaling']): number {
  if (!scaling) return frequency;
  if (scaling.kind === 'linear') return frequency / scaling.factor;
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalMaxPositions } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength > originalMaxPositions / low) return frequency / factor;
  if (wavelength < originalMaxPositions / high) return frequency;
  const smooth = (originalMaxPositions / wavelength - low) / (high - low);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
