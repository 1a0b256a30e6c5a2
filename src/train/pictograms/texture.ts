import { Random } from '../../util/random.ts';

/** Side of a texture tile in pixels; a power of two, tiles repeat. */
export const TILE = 256;

export const TEXTURE_KINDS = ['cloud', 'grain', 'wood', 'cloth', 'marble', 'speckle', 'brushed', 'tiles'] as const;

export type TextureKind = (typeof TEXTURE_KINDS)[number];

/** Different tiles of each kind. */
const VARIANTS = 3;

const cache = new Map<string, Float32Array>();

/**
 * A repeating tile of {@link TILE}² values of mean 0, mostly within ±1. Tiles are made once a process; the same
 * kind and variant is the same tile everywhere.
 */
export function texture(kind: TextureKind, variant: number): Float32Array {
  const key = `${kind}/${variant % VARIANTS}`;
  let tile = cache.get(key);
  if (tile === undefined) {
    tile = normalise(makers[kind](new Random(`texture ${key}`)));
    cache.set(key, tile);
  }
  return tile;
}

const makers: Record<TextureKind, (random: Random) => Float32Array> = {
  cloud: (random) => octaves(random, [4, 8, 16, 32], [1, 0.55, 0.3, 0.16]),
  grain: (random) => octaves(random, [64, 128, 256], [0.5, 0.8, 1]),
  wood: wood,
  cloth: cloth,
  marble: marble,
  speckle: speckle,
  brushed: (random) => stretched(random, 4, 128),
  tiles: tiles,
};

function wood(random: Random): Float32Array {
  const bend = octaves(random, [2, 4, 8], [1, 0.5, 0.25]);
  const fibre = stretched(random, 4, 128);
  const rings = 5 + random.int(9);
  return field((_x, y, i) => Math.sin(((y * rings) / TILE) * 2 * Math.PI + bend[i] * 3.5) * 0.7 + fibre[i] * 0.6);
}

function cloth(random: Random): Float32Array {
  const period = random.pick([4, 8]);
  const uneven = octaves(random, [8, 64, 128], [0.6, 0.5, 0.5]);
  return field((x, y, i) => {
    const across = Math.sin((x / period) * 2 * Math.PI);
    const down = Math.sin((y / period) * 2 * Math.PI);
    return (((x / period) ^ (y / period)) & 1 ? across : down) * 0.6 + uneven[i] * 0.6;
  });
}

function marble(random: Random): Float32Array {
  const bend = octaves(random, [3, 6, 12, 24, 48], [1, 0.6, 0.4, 0.25, 0.15]);
  return field((x, y, i) => 1 - 2.4 * Math.abs(Math.sin(((x + y) / TILE) * 2 * Math.PI + bend[i] * 4)) ** 0.6);
}

function speckle(random: Random): Float32Array {
  const tile = new Float32Array(TILE * TILE);
  for (let n = 0; n < 900; n++) {
    const x = random.int(TILE);
    const y = random.int(TILE);
    const radius = 1 + random.int(3);
    const value = random.uniform(-2.5, 2.5);
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++)
        if (dx * dx + dy * dy <= radius * radius) tile[wrap(y + dy) * TILE + wrap(x + dx)] = value;
  }
  return tile;
}

function tiles(random: Random): Float32Array {
  const side = random.pick([32, 64]);
  const shades = Array.from({ length: (TILE / side) ** 2 }, () => random.uniform(-0.5, 0.5));
  const check = random.chance(0.5) ? 0.9 : 0;
  return field((x, y) => {
    const column = Math.floor(x / side);
    const row = Math.floor(y / side);
    if (x % side < 2 || y % side < 2) return -1.4;
    return shades[row * (TILE / side) + column] + ((row + column) & 1 ? check : -check);
  });
}

/** Smooth noise whose cells are `along` wide and `across` high in cells per tile. */
function stretched(random: Random, along: number, across: number): Float32Array {
  return smoothNoise(random, along, across);
}

function octaves(random: Random, cells: readonly number[], weights: readonly number[]): Float32Array {
  const sum = new Float32Array(TILE * TILE);
  cells.forEach((count, octave) => {
    const layer = smoothNoise(random, count, count);
    for (let i = 0; i < sum.length; i++) sum[i] += layer[i] * weights[octave];
  });
  return normalise(sum);
}

/** Random values at the corners of a grid, joined smoothly. */
function smoothNoise(random: Random, columns: number, rows: number): Float32Array {
  const corners = Float32Array.from({ length: columns * rows }, () => random.uniform(-1, 1));
  return field((x, y) => {
    const u = (x * columns) / TILE;
    const v = (y * rows) / TILE;
    const column = Math.floor(u);
    const row = Math.floor(v);
    const fx = ease(u - column);
    const fy = ease(v - row);
    const right = (column + 1) % columns;
    const below = ((row + 1) % rows) * columns;
    const top = corners[row * columns + column] * (1 - fx) + corners[row * columns + right] * fx;
    const bottom = corners[below + column] * (1 - fx) + corners[below + right] * fx;
    return top * (1 - fy) + bottom * fy;
  });
}

function field(value: (x: number, y: number, i: number) => number): Float32Array {
  const out = new Float32Array(TILE * TILE);
  for (let y = 0, i = 0; y < TILE; y++) for (let x = 0; x < TILE; x++, i++) out[i] = value(x, y, i);
  return out;
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}

function wrap(n: number): number {
  return n & (TILE - 1);
}

/** Mean 0, standard deviation 0.5. */
function normalise(tile: Float32Array): Float32Array {
  let mean = 0;
  for (const value of tile) mean += value;
  mean /= tile.length;
  let variance = 0;
  for (const value of tile) variance += (value - mean) ** 2;
  const scale = 0.5 / Math.sqrt(variance / tile.length || 1);
  for (let i = 0; i < tile.length; i++) tile[i] = (tile[i] - mean) * scale;
  return tile;
}
