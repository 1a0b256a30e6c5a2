import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Picture } from '../../media/index.ts';
import { looseColour } from './colour.ts';
import { CUTOUT_STYLE, drawCutout, loadPhotographs } from './cutouts.ts';
import { drawSprites, type SpriteSource } from './sprites.ts';
import type { Box } from './types.ts';

let photographs: Picture[];
let sprites: SpriteSource;
let empty: string;
beforeAll(async () => {
  photographs = await loadPhotographs('training/photographs');
  sprites = await drawSprites(['noto', 'twemoji'], ['violin', 'dog', 'bus']);
  empty = await mkdtemp(join(tmpdir(), 'llava-mini-photographs-'));
});
afterAll(() => rm(empty, { recursive: true }));

const draw = (seed: string) => drawCutout(photographs, sprites, 64, seed);

it('draws the same bytes from the same seed, and others from another', async () => {
  const [first, again, other] = [await draw('a'), await draw('a'), await draw('b')];
  expect(first.picture).toHaveLength(64 * 64 * 3);
  expect(Buffer.compare(first.picture, again.picture)).toBe(0);
  expect(Buffer.compare(first.picture, other.picture)).not.toBe(0);
  expect(first.scene).toMatchObject({ seed: 'a', size: 64, objects: [{ style: CUTOUT_STYLE }], lettering: null });
});

it('tells the colours of thing and ground as they are in the picture', async () => {
  const told = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const { picture, scene } = await draw(`colours/${seed}`);
    const { colour, box } = scene.objects[0];
    expect(box.every((edge) => edge >= 0 && edge <= 1)).toBe(true);
    const named = Array.from({ length: 64 * 64 }, (_, i) => ({
      name: looseColour([picture[i * 3], picture[i * 3 + 1], picture[i * 3 + 2]]),
      inside: isWithin(box, (i % 64) / 64, Math.floor(i / 64) / 64),
    }));
    const share = (inside: boolean, colour: string | null): number => {
      const there = named.filter((pixel) => pixel.inside === inside);
      return there.filter(({ name }) => name === colour).length / there.length;
    };
    if (colour !== null) {
      told.add(colour);
      // An outline may fill little of its box.
      expect(share(true, colour), `${colour} of seed ${seed}`).toBeGreaterThan(0.15);
    }
    const ground = scene.background.colour;
    if (ground !== null && named.some(({ inside }) => !inside))
      expect(share(false, ground), `ground of seed ${seed}`).toBeGreaterThan(0.6);
  }
  expect(told.size).toBeGreaterThan(5);
});

function isWithin([x0, y0, x1, y1]: Box, x: number, y: number): boolean {
  return x >= x0 && x <= x1 && y >= y0 && y <= y1;
}

it('has something on a plain ground', async () => {
  for (let seed = 0; seed < 12; seed++) {
    const { picture } = await draw(String(seed));
    const level = (x: number, y: number) => picture[(y * 64 + x) * 3];
    const along = (at: (i: number) => number) => Array.from({ length: 63 }, (_, i) => Math.abs(at(i + 1) - at(i)));
    // Along the upper border the ground changes slowly, through the middle what is on it does not.
    expect(Math.max(...along((i) => level(i, 0)))).toBeLessThan(30);
    const middle = [20, 26, 32, 38, 44].flatMap((y) => along((i) => level(i, y)));
    expect(Math.max(...middle), `seed ${seed}`).toBeGreaterThan(12);
  }
});

it('tells where there are no photographs, and what is none', async () => {
  await expect(loadPhotographs(empty)).rejects.toMatchObject({ code: 'not-found' });
  await expect(loadPhotographs(join(empty, 'none'))).rejects.toMatchObject({ code: 'not-found' });
  await writeFile(join(empty, 'text.jpg'), 'no picture');
  await expect(loadPhotographs(empty)).rejects.toMatchObject({ code: 'bad-image' });
});
