import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPRITE_SIDE } from './sprite-drawing.ts';
import { drawSprites, loadSprites, openSprites } from './sprites.ts';

/** The smallest set. */
const STYLE = 'streamline-emojis';

describe('drawn sprites', () => {
  it('are cut to their ink, fill the stored side and have colour multiplied by alpha', async () => {
    const sprites = await drawSprites(['noto', 'google', 'fluent-3d', 'fxemoji'], ['red-apple', 'violin']);
    expect([...sprites.concepts].sort()).toEqual(['red-apple', 'violin']);
    expect(sprites.stylesOf('red-apple')).toEqual(['noto', 'google', 'fluent-3d', 'fxemoji']);
    for (const concept of sprites.concepts)
      for (const style of sprites.stylesOf(concept)) {
        const { width, height, pixels } = sprites.get(concept, style);
        expect(Math.max(width, height)).toBe(SPRITE_SIDE);
        expect(pixels).toHaveLength(width * height * 4);
        const columns = [0, width - 1].map((x) =>
          Math.max(...Array.from({ length: height }, (_, y) => pixels[(y * width + x) * 4 + 3])),
        );
        expect(Math.min(...columns)).toBeGreaterThan(0);
        for (let i = 0; i < pixels.length; i += 4)
          expect(Math.max(pixels[i], pixels[i + 1], pixels[i + 2])).toBeLessThanOrEqual(pixels[i + 3]);
      }
  });

  it('of an unknown style or concept are a typed error', async () => {
    await expect(drawSprites(['crayon'], ['red-apple'])).rejects.toMatchObject({ code: 'bad-argument' });
    const sprites = await drawSprites(['noto'], ['red-apple']);
    expect(() => sprites.get('violin', 'noto')).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(sprites.stylesOf('violin')).toEqual([]);
  });
});

describe('kept sprites', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sprites-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are drawn once, read back the same, and drawn again when damaged', async () => {
    const steps: number[] = [];
    const first = await loadSprites({ folder, styles: [STYLE], onProgress: (done) => steps.push(done) });
    expect(steps.at(-1)).toBeGreaterThan(280);
    const fresh = await drawSprites([STYLE], ['lion']);
    expect(first.get('lion', STYLE)).toEqual(fresh.get('lion', STYLE));
    first.close();

    let redrawn = 0;
    const count = () => redrawn++;
    (await loadSprites({ folder, styles: [STYLE], onProgress: count })).close();
    expect(redrawn).toBe(0);
    const names = await readdir(folder);
    expect(names).toHaveLength(2);

    const data = join(folder, names.find((name) => name.endsWith('.rgba')) ?? '');
    await truncate(data, 1000);
    expect(() => openSprites({ folder, styles: [STYLE] })).toThrow(expect.objectContaining({ code: 'not-found' }));
    const controller = new AbortController();
    const reason = new Error('stop');
    controller.abort(reason);
    await expect(loadSprites({ folder, styles: [STYLE], signal: controller.signal })).rejects.toBe(reason);
    expect(await readdir(folder)).toHaveLength(2);
    await writeFile(join(folder, `sprites-${STYLE}.json`), '{"key":');
    const again = await loadSprites({ folder, styles: [STYLE], onProgress: count });
    expect(redrawn).toBeGreaterThan(0);
    expect(again.get('lion', STYLE)).toEqual(fresh.get('lion', STYLE));
    again.close();
    expect(JSON.parse(await readFile(join(folder, `sprites-${STYLE}.json`), 'utf8')).style).toBe(STYLE);
  });

  it('that were never made are a typed error', () => {
    expect(() => openSprites({ folder, styles: ['noto'] })).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(() => openSprites({ folder, styles: ['crayon'] })).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
  });
});
