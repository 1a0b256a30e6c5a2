import type { Random } from '../../util/random.ts';

/** A place for one object: its centre and the longest side it may have, fractions of the side. */
export interface Place {
  x: number;
  y: number;
  size: number;
}

/** Columns and rows that hold a number of objects in clear positions. */
const GRIDS: Readonly<Record<number, readonly (readonly [columns: number, rows: number])[]>> = {
  1: [[1, 1]],
  2: [
    [2, 1],
    [1, 2],
    [2, 2],
  ],
  3: [
    [3, 1],
    [1, 3],
    [2, 2],
    [3, 2],
  ],
  4: [
    [2, 2],
    [3, 2],
    [4, 1],
  ],
  5: [
    [3, 2],
    [2, 3],
    [3, 3],
  ],
  6: [
    [3, 2],
    [2, 3],
    [3, 3],
  ],
};

/** The largest number of objects in a scene. */
export const MOST_OBJECTS = 6;

/** Places in different cells of a grid, each moved about within its cell: apart, and clearly beside or above. */
export function gridPlaces(random: Random, count: number): Place[] {
  const [columns, rows] = random.pick(GRIDS[count]);
  const cells = random
    .shuffle(Array.from({ length: columns * rows }, (_, i) => [i % columns, Math.floor(i / columns)] as const))
    .slice(0, count);
  const width = 1 / columns;
  const height = 1 / rows;
  const room = Math.min(width, height);
  const fill = random.uniform(0.68, 0.96);
  return cells.map(([column, row]) => {
    const size = room * fill * random.uniform(0.88, 1);
    return {
      x: (column + 0.5) * width + random.uniform(-0.5, 0.5) * (width - size) * 0.85,
      y: (row + 0.5) * height + random.uniform(-0.5, 0.5) * (height - size) * 0.85,
      size,
    };
  });
}

/** Two or three places of clearly different sizes, in mixed order. */
export function sizedPlaces(random: Random, count: number): Place[] {
  const places = gridPlaces(random, count);
  const most = Math.min(...places.map((place) => place.size));
  const order = random.shuffle(places.map((_, i) => i));
  const ratio = count === 2 ? random.uniform(1.8, 3) : random.uniform(1.5, 1.8);
  return places.map((place, i) => ({ ...place, size: Math.max(0.14, most / ratio ** order[i]) }));
}

/** A first place, and others that cover a part of it. */
export function overlappingPlaces(random: Random, count: number): Place[] {
  const first: Place = {
    x: random.uniform(0.35, 0.65),
    y: random.uniform(0.35, 0.65),
    size: random.uniform(0.4, 0.6),
  };
  const others = Array.from({ length: count - 1 }, (): Place => {
    const size = first.size * random.uniform(0.5, 0.9);
    const angle = random.uniform(0, 2 * Math.PI);
    const away = ((first.size + size) / 2) * random.uniform(0.55, 0.8);
    return {
      x: Math.min(0.88, Math.max(0.12, first.x + Math.cos(angle) * away)),
      y: Math.min(0.88, Math.max(0.12, first.y + Math.sin(angle) * away)),
      size,
    };
  });
  return [first, ...others];
}
