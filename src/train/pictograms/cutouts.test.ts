import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Picture } from '../../media/index.ts';
import { drawCutout, loadPhotographs } from './cutouts.ts';
import { drawSprites, type SpriteSource } from './sprites.ts';

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
  expect(first.scene).toMatchObject({ seed: 'a', size: 64, objects: [], lettering: null });
});

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
