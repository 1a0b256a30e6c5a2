import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../util/random.ts';
import { gridPlaces, MOST_OBJECTS, overlappingPlaces, sizedPlaces } from './layout.ts';
import { LETTERING_LENGTH } from './lettering-scene.ts';
import { PictureFactory } from './picture-factory.ts';
import { PictureMaker, type Recipe } from './recipe.ts';
import { drawSprites, type SpriteSource } from './sprites.ts';
import { COLOUR_NAMES, type Scene } from './types.ts';
import { LETTERING_WORDS } from './words.ts';

const CONCEPTS = ['red-apple', 'violin', 'dog', 'bus', 'lion', 'hammer', 'pizza'];
const KINDS: Recipe[] = [
  { kind: 'single', size: 64 },
  { kind: 'objects', size: 64 },
  { kind: 'shapes', size: 64 },
  { kind: 'lettering', size: 64 },
  { kind: 'empty', size: 64 },
];

let sprites: SpriteSource;
let maker: PictureMaker;
beforeAll(async () => {
  sprites = await drawSprites(['noto', 'twemoji', 'google'], CONCEPTS);
  maker = new PictureMaker(sprites);
});

const scenes = (recipe: Recipe, count: number): Scene[] =>
  Array.from({ length: count }, (_, i) => maker.make(recipe, `seed ${i}`).scene);

describe('recipes', () => {
  it('make the same bytes from the same seed, and others from another', () => {
    const other = new PictureMaker(sprites);
    for (const recipe of KINDS) {
      const first = maker.make(recipe, 'a');
      const again = other.make(recipe, 'a');
      expect(Buffer.compare(first.picture, again.picture)).toBe(0);
      expect(again.scene).toEqual(first.scene);
      expect(first.scene).toMatchObject({ seed: 'a', size: 64 });
      expect(first.picture).toHaveLength(64 * 64 * 3);
      expect(Buffer.compare(maker.make(recipe, 'b').picture, first.picture)).not.toBe(0);
    }
  });

  it('make one well visible object in single pictures, of the concepts and styles asked for', () => {
    const made = scenes({ kind: 'single', size: 64, concepts: ['dog', 'bus'], styles: ['noto', 'twemoji'] }, 120);
    for (const scene of made) {
      expect(scene.objects).toHaveLength(1);
      const [{ concept, style, hidden, box }] = scene.objects;
      expect(['dog', 'bus']).toContain(concept);
      expect(['noto', 'twemoji']).toContain(style);
      expect(hidden).toBeLessThan(0.45);
      expect(Math.max(box[2] - box[0], box[3] - box[1])).toBeGreaterThan(0.2);
    }
    expect(new Set(made.map((scene) => scene.objects[0].style)).size).toBe(2);
    expect(new Set(made.map((scene) => scene.background.kind)).size).toBe(4);
  });

  it('make one to six objects, whose arrangement is what was asked for', () => {
    const counts = new Set(scenes({ kind: 'objects', size: 64 }, 80).map((scene) => scene.objects.length));
    expect([...counts].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const scene of scenes({ kind: 'objects', size: 64, arrangements: ['grid'], count: [3, 3] }, 20)) {
      expect(scene.objects).toHaveLength(3);
      expect(new Set(scene.objects.map((object) => object.concept)).size).toBe(3);
    }
    const counted = scenes({ kind: 'objects', size: 64, arrangements: ['counting'], count: [5, 5] }, 40);
    const most = counted.map((scene) => {
      const times = CONCEPTS.map((concept) => scene.objects.filter((object) => object.concept === concept).length);
      return Math.max(...times);
    });
    expect(new Set(most).size).toBeGreaterThan(3);
    const hidden = scenes({ kind: 'objects', size: 64, arrangements: ['overlap'], count: [2, 2] }, 40);
    const share = hidden.filter((scene) => scene.objects[0].hidden > 0.08).length / hidden.length;
    expect(share).toBeGreaterThan(0.5);
  });

  it('keep colours nameable when told to', () => {
    const named = (recipe: Recipe, colours: (string | null)[]) =>
      scenes(recipe, 60).filter((scene) => colours.includes(scene.objects[0].colour)).length / 60;
    const apples = { kind: 'single', size: 64, concepts: ['red-apple'] } as const;
    expect(named({ ...apples, keepColours: true }, [...COLOUR_NAMES])).toBeGreaterThan(0.8);
    expect(named({ ...apples, keepColours: true }, ['red'])).toBeGreaterThan(0.55);
    expect(named(apples, ['red'])).toBeLessThan(0.5);
  });

  it('make shapes in named colours on a ground of another colour', () => {
    let known = 0;
    let all = 0;
    for (const scene of scenes({ kind: 'shapes', size: 96 }, 80)) {
      for (const object of scene.objects) {
        all++;
        if (object.colour !== null) known++;
        expect(object).toMatchObject({ shape: true, style: 'shape' });
        if (scene.background.colour !== null) expect(object.colour).not.toBe(scene.background.colour);
      }
    }
    expect(known / all).toBeGreaterThan(0.9);
  });

  it('make lettering of two to eight letters and digits inside the picture', () => {
    const texts = new Set<string>();
    for (const { lettering } of scenes({ kind: 'lettering', size: 96 }, 120)) {
      if (lettering === null) throw new Error('no lettering');
      texts.add(lettering.text);
      expect(lettering.text).toMatch(/^[A-Za-z0-9]+$/);
      expect(lettering.text.length).toBeGreaterThanOrEqual(LETTERING_LENGTH[0]);
      expect(lettering.text.length).toBeLessThanOrEqual(LETTERING_LENGTH[1]);
      expect(COLOUR_NAMES).toContain(lettering.colour);
      const [x0, y0, x1, y1] = lettering.box;
      expect(x0).toBeGreaterThan(0);
      expect(y0).toBeGreaterThan(0);
      expect(x1).toBeLessThan(1);
      expect(y1).toBeLessThan(1);
      expect(x1 - x0).toBeGreaterThan(0.1);
    }
    expect(texts.size).toBeGreaterThan(100);
    for (const word of LETTERING_WORDS) expect(word).toMatch(/^[a-z]{2,8}$/);
  });

  it('make lettering as long as asked for', () => {
    const lengths = scenes({ kind: 'lettering', size: 64, letters: [7, 8] }, 40).map(
      ({ lettering }) => lettering?.text.length,
    );
    expect(new Set(lengths)).toEqual(new Set([7, 8]));
    for (const letters of [[1, 8], [2, 9], [5, 4], [2.5, 4], 5])
      expect(() => scenes({ kind: 'lettering', size: 64, letters: letters as [number, number] }, 1)).toThrow(
        /letters long/,
      );
  });

  it('mix by weight', () => {
    const mix: Recipe = {
      kind: 'mix',
      parts: [
        { weight: 3, recipe: { kind: 'shapes', size: 32 } },
        { weight: 1, recipe: { kind: 'single', size: 32 } },
        { weight: 0, recipe: { kind: 'lettering', size: 32 } },
      ],
    };
    const made = scenes(mix, 200);
    const shapes = made.filter((scene) => scene.objects[0].shape).length;
    expect(shapes).toBeGreaterThan(120);
    expect(shapes).toBeLessThan(180);
    expect(made.every((scene) => scene.lettering === null)).toBe(true);
  });

  it('that cannot be made are a typed error', () => {
    const bad: Recipe[] = [
      { kind: 'single', size: 64, concepts: ['nothing'] },
      { kind: 'single', size: 64, styles: ['crayon'] },
      { kind: 'single', size: 3 },
      { kind: 'shapes', size: Number.NaN },
      { kind: 'mix', parts: [] },
    ];
    for (const recipe of bad)
      expect(() => maker.make(recipe, 'x')).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });
});

describe('layout', () => {
  it('keeps things on a grid apart and inside', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MOST_OBJECTS }), fc.nat(), (count, seed) => {
        for (const places of [gridPlaces(new Random(seed), count), sizedPlaces(new Random(seed), count)]) {
          expect(places).toHaveLength(count);
          places.forEach((a, i) => {
            for (const centre of [a.x, a.y]) {
              expect(centre - a.size / 2).toBeGreaterThan(-1e-9);
              expect(centre + a.size / 2).toBeLessThan(1 + 1e-9);
            }
            for (const b of places.slice(i + 1))
              expect(Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y))).toBeGreaterThanOrEqual((a.size + b.size) / 2);
          });
        }
        for (const place of overlappingPlaces(new Random(seed), count)) {
          expect(place.x).toBeGreaterThan(0.1);
          expect(place.x).toBeLessThan(0.9);
        }
      }),
    );
  });
});

describe('picture factory in the caller’s thread', () => {
  function* orders(count: number, drawn: string[] = []) {
    for (let i = 0; i < count; i++) {
      drawn.push(`o${i}`);
      yield { recipe: KINDS[i % KINDS.length], seed: `o${i}` };
    }
  }

  it('hands out pictures in order and does not run ahead', async () => {
    const factory = new PictureFactory(sprites, { workers: 2 });
    const begun: string[] = [];
    const seeds: string[] = [];
    for await (const made of factory.pictures(orders(9, begun))) {
      seeds.push(made.scene.seed);
      expect(begun.length).toBeLessThanOrEqual(seeds.length + 1);
    }
    expect(seeds).toEqual(Array.from({ length: 9 }, (_, i) => `o${i}`));
    await factory.close();
    await expect(factory.draw({ recipe: KINDS[0], seed: 'x' })).rejects.toMatchObject({ code: 'bad-argument' });
  });

  it('stops with the signal’s reason, and at the first picture that cannot be drawn', async () => {
    const factory = new PictureFactory(sprites, { workers: 0 });
    const controller = new AbortController();
    const reason = new Error('enough');
    let made = 0;
    const all = async () => {
      for await (const _ of factory.pictures(orders(1e9), { signal: controller.signal }))
        if (++made === 5) controller.abort(reason);
    };
    await expect(all()).rejects.toBe(reason);
    expect(made).toBe(5);
    const bad = factory.pictures([{ recipe: { kind: 'single', size: 1 }, seed: 'x' }]);
    await expect(bad.next()).rejects.toMatchObject({ code: 'bad-argument' });
  });

  it('refuses nonsense', () => {
    for (const options of [{ workers: -1 }, { workers: 1.5 }, { ahead: 0 }])
      expect(() => new PictureFactory(sprites, options)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });
});
