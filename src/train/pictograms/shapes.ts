import { LlavaMiniError } from '../../errors.ts';
import { SPRITE_SIDE, type Sprite } from './sprite-drawing.ts';

/** Tells whether a point of the square from −1 to 1 (y downwards) lies inside. */
type Inside = (x: number, y: number) => boolean;

function polygon(corners: readonly (readonly [number, number])[]): Inside {
  return (x, y) => {
    let inside = false;
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
      const [xi, yi] = corners[i];
      const [xj, yj] = corners[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  };
}

function regular(corners: number, turn: number, inner?: number): Inside {
  const count = inner === undefined ? corners : corners * 2;
  return polygon(
    Array.from({ length: count }, (_, i) => {
      const radius = inner !== undefined && i % 2 === 1 ? inner : 1;
      const angle = turn + (2 * Math.PI * i) / count;
      return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
    }),
  );
}

const UP = -Math.PI / 2;

const SHAPES: Readonly<Record<string, Inside>> = {
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.abs(x) <= 1 && Math.abs(y) <= 1,
  rectangle: (x, y) => Math.abs(x) <= 1 && Math.abs(y) <= 0.55,
  oval: (x, y) => x * x + (y / 0.62) ** 2 <= 1,
  triangle: polygon([
    [0, -0.87],
    [1, 0.87],
    [-1, 0.87],
  ]),
  diamond: polygon([
    [0, -1],
    [0.72, 0],
    [0, 1],
    [-0.72, 0],
  ]),
  pentagon: regular(5, UP),
  hexagon: regular(6, 0),
  star: regular(5, UP, 0.42),
  heart: (x, y) => {
    const u = x * 1.16;
    const v = -y * 1.16 + 0.12;
    return (u * u + v * v - 1) ** 3 - u * u * v * v * v <= 0;
  },
  cross: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 1 && Math.min(Math.abs(x), Math.abs(y)) <= 0.34,
  ring: (x, y) => x * x + y * y <= 1 && x * x + y * y >= 0.36,
  crescent: (x, y) => x * x + y * y <= 1 && (x - 0.5) ** 2 + (y + 0.1) ** 2 >= 0.62,
  arrow: polygon([
    [-1, -0.28],
    [0.1, -0.28],
    [0.1, -0.75],
    [1, 0],
    [0.1, 0.75],
    [0.1, 0.28],
    [-1, 0.28],
  ]),
};

/** Names of the plain shapes. */
export const SHAPE_NAMES: readonly string[] = Object.keys(SHAPES);

/** Samples a side for each pixel: smooth edges. */
const FINE = 3;

const cache = new Map<string, Sprite>();

/**
 * A white shape, cut to its ink; the look's paint gives it its colour.
 *
 * @throws LlavaMiniError `bad-argument` for an unknown name.
 */
export function shapeSprite(name: string): Sprite {
  const inside = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  if (inside === undefined)
    throw new LlavaMiniError('bad-argument', `unknown shape ${JSON.stringify(name)}`, {
      hint: `known are ${SHAPE_NAMES.join(', ')}`,
    });
  let sprite = cache.get(name);
  if (sprite === undefined) {
    sprite = cut(rasterise(inside));
    cache.set(name, sprite);
  }
  return sprite;
}

/** Coverage of each pixel, 0 to 255. */
function rasterise(inside: Inside): Uint8Array {
  const side = SPRITE_SIDE;
  const cover = new Uint8Array(side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      let hits = 0;
      for (let fine = 0; fine < FINE * FINE; fine++) {
        const u = (x + ((fine % FINE) + 0.5) / FINE) / side;
        const v = (y + (Math.floor(fine / FINE) + 0.5) / FINE) / side;
        if (inside(2 * u - 1, 2 * v - 1)) hits++;
      }
      cover[y * side + x] = Math.round((255 * hits) / (FINE * FINE));
    }
  return cover;
}

function cut(cover: Uint8Array): Sprite {
  const side = SPRITE_SIDE;
  let [left, top, right, bottom] = [side, side, 0, 0];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (cover[y * side + x] > 0) {
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
  const width = right - left;
  const height = bottom - top;
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 4) pixels.fill(cover[(y + top) * side + x + left], at, at + 4);
  return { width, height, pixels };
}
