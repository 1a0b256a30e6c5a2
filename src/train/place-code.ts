import { LlavaMiniError } from '../errors.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { Random } from '../util/random.ts';
import { dot, smallestDirections } from './vectors.ts';
import type { Weights } from './weights.ts';

const PREFIX = 'model.vision_tower.vision_tower.fold';

/** Cosines along each side, from half a wave over the picture on. */
const WAVES = 6;

/**
 * Writes the table of places behind the fold: for each patch the cosines of its row and column, as loud as any other
 * channel, in directions of the features that hold least and that the compressor reads least. So the token names
 * things as before, and pre-fusion can tell where they are. The projector's first matrix is made blind to these
 * directions: what was learnt before stays, and how to read places is learnt next.
 *
 * Learning rates are too small to make such a table from nothing: positions before the layers end as 4 % of the
 * variance of nano's patches.
 *
 * @param patches features of many pictures, `[any, width]`
 * @throws LlavaMiniError `unsupported` for a tower without that table; `bad-checkpoint` when a weight is missing
 */
export function writePlaces(vision: LiteVisionConfig, weights: Weights, patches: Float32Array): void {
  const { width } = vision;
  if (!vision.foldPlaces)
    throw new LlavaMiniError('unsupported', 'the vision tower has no table of places', {
      hint: 'set fold_places in its config.json',
    });
  const weightOf = (name: string): Float32Array => {
    const weight = weights.get(name);
    if (!weight) throw new LlavaMiniError('bad-checkpoint', `weight ${name} is missing`);
    return weight.data;
  };
  const held = covariance(patches, width);
  const loudness = Math.sqrt(trace(held) / width);
  const reading = keyValueEnergy(
    weightOf('model.compressor.attn.in_proj_weight'),
    weightOf('model.compressor.ln_kv.weight'),
    width,
  );
  const [a, b] = [1 / trace(held), 1 / trace(reading)];
  const cost = held.map((row, i) => row.map((x, j) => a * x + b * reading[i][j] + (i === j ? 1e-9 : 0)));
  const axes = smallestDirections(cost, 2 * WAVES, new Random('places'));
  const side = vision.imageSize / 32;
  const table = new Float32Array(side * side * width);
  for (let p = 0; p < side * side; p++)
    axes.forEach((axis, i) => {
      const at = (i < WAVES ? p % side : Math.floor(p / side)) + 0.5;
      const wave = Math.SQRT2 * loudness * Math.cos((Math.PI * ((i % WAVES) + 1) * at) / side);
      for (let d = 0; d < width; d++) table[p * width + d] += wave * axis[d];
    });
  weights.set(`${PREFIX}.places`, { shape: [side * side, width], data: table });
  const projector = weightOf('model.mm_projector.0.weight');
  for (let row = 0; row < projector.length; row += width) {
    const own = projector.subarray(row, row + width);
    for (const axis of axes) {
      const along = dot(axis, own);
      for (let d = 0; d < width; d++) own[d] -= along * axis[d];
    }
  }
}

function covariance(patches: Float32Array, width: number): Float64Array[] {
  const n = patches.length / width;
  const mean = new Float64Array(width);
  for (let at = 0; at < patches.length; at += width) for (let d = 0; d < width; d++) mean[d] += patches[at + d] / n;
  const sums = Array.from({ length: width }, () => new Float64Array(width));
  for (let at = 0; at < patches.length; at += width)
    for (let i = 0; i < width; i++) {
      const x = (patches[at + i] - mean[i]) / n;
      for (let j = 0; j < width; j++) sums[i][j] += x * (patches[at + j] - mean[j]);
    }
  return sums;
}

/** How much of each pair of channels the compressor's keys and values take in: WᵀW behind its norm. */
function keyValueEnergy(inProjection: Float32Array, norm: Float32Array, width: number): Float64Array[] {
  const sums = Array.from({ length: width }, () => new Float64Array(width));
  for (let row = width * width; row < 3 * width * width; row += width)
    for (let i = 0; i < width; i++) {
      const x = inProjection[row + i] * norm[i];
      for (let j = 0; j < width; j++) sums[i][j] += x * inProjection[row + j] * norm[j];
    }
  return sums;
}

const trace = (matrix: readonly Float64Array[]): number => matrix.reduce((sum, row, i) => sum + row[i], 0);
