import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../util/random.ts';
import { PLAIN_LOOK, plainCamera } from './augment.ts';
import { plainGround } from './grounds.ts';
import type { Look, ObjectPlan, ScenePlan } from './plan.ts';
import { renderScene } from './render.ts';
import { SHAPE_NAMES, shapeSprite } from './shapes.ts';
import { drawSprites, type SpriteSource } from './sprites.ts';

let sprites: SpriteSource;
beforeAll(async () => {
  sprites = await drawSprites(['noto', 'twemoji'], ['red-apple', 'violin']);
});

function object(change: Partial<ObjectPlan>, look: Partial<Look> = {}): ObjectPlan {
  return {
    concept: 'square',
    style: 'shape',
    shape: true,
    x: 0.5,
    y: 0.5,
    size: 0.5,
    angle: 0,
    mirror: false,
    stretch: 1,
    tilt: [0, 0],
    wave: { size: 0, count: 1, phase: 0 },
    look: { ...PLAIN_LOOK, paint: [220, 20, 20], ...look },
    shadow: null,
    ...change,
  };
}

function scene(objects: ObjectPlan[], change: Partial<ScenePlan> = {}): ScenePlan {
  return {
    seed: 'test',
    size: 128,
    background: plainGround(new Random(1), 'white'),
    objects,
    lettering: null,
    camera: plainCamera(),
    ...change,
  };
}

const render = (plan: ScenePlan) => renderScene(plan, sprites, new Random('render'));

function pixel({ picture }: { picture: Uint8Array }, x: number, y: number, side = 128): number[] {
  const at = (Math.floor(y * side) * side + Math.floor(x * side)) * 3;
  return [...picture.subarray(at, at + 3)];
}

describe('a rendered scene', () => {
  it('has the object where and as large as planned, in its colour, and the ground around', () => {
    const made = render(scene([object({ x: 0.3, y: 0.6, size: 0.25 })]));
    const { objects, background } = made.scene;
    expect(objects[0]).toMatchObject({ concept: 'square', colour: 'red', shape: true });
    expect(objects[0].hidden).toBeLessThan(0.03);
    for (const [got, want] of objects[0].box.map((v, i) => [v, [0.175, 0.475, 0.425, 0.725][i]]))
      expect(Math.abs(got - want)).toBeLessThan(0.015);
    expect(background).toEqual({ kind: 'plain', colour: 'white' });
    expect(pixel(made, 0.3, 0.6)).toEqual([220, 20, 20]);
    expect(Math.min(...pixel(made, 0.8, 0.2))).toBeGreaterThan(235);
  });

  it('turns, stretches and mirrors', () => {
    const box = (change: Partial<ObjectPlan>) => {
      const [x0, y0, x1, y1] = render(scene([object({ concept: 'rectangle', ...change })])).scene.objects[0].box;
      return { width: x1 - x0, height: y1 - y0 };
    };
    const upright = box({});
    expect(upright.width).toBeCloseTo(0.5, 1);
    expect(upright.height / upright.width).toBeCloseTo(0.55, 1);
    const turned = box({ angle: Math.PI / 2 });
    expect(turned.width / turned.height).toBeCloseTo(0.55, 1);
    const flat = box({ stretch: 2 });
    expect(flat.height / flat.width).toBeCloseTo(0.275, 1);
    const arrow = render(scene([object({ concept: 'arrow' })]));
    const mirrored = render(scene([object({ concept: 'arrow', mirror: true })]));
    expect(pixel(arrow, 0.56, 0.36)).toEqual([220, 20, 20]);
    expect(pixel(mirrored, 0.44, 0.36)).toEqual([220, 20, 20]);
    expect(pixel(mirrored, 0.56, 0.36)).not.toEqual([220, 20, 20]);
  });

  it('measures how much later objects and the border hide', () => {
    const { objects } = render(
      scene([
        object({ x: 0.5, y: 0.5, size: 0.5 }),
        object({ x: 0.625, y: 0.5, size: 0.25, look: { ...PLAIN_LOOK, paint: [20, 20, 220] } }),
        object({ x: 0, y: 0.1, size: 0.1 }),
      ]),
    ).scene;
    expect(objects[0].hidden).toBeCloseTo(0.25, 1);
    expect(objects[1]).toMatchObject({ colour: 'blue' });
    expect(objects[1].hidden).toBeLessThan(0.05);
    expect(objects[2].hidden).toBeCloseTo(0.5, 1);
    const gone = render(scene([object({ x: 2 })])).scene.objects[0];
    expect(gone).toMatchObject({ hidden: 1, box: [0, 0, 0, 0], colour: null });
  });

  it('draws every style and shape', () => {
    for (const style of sprites.styles) {
      const drawn = object({ concept: 'red-apple', style, look: { ...PLAIN_LOOK }, size: 0.8 });
      delete drawn.shape;
      const made = render(scene([drawn])).scene.objects[0];
      expect(made).toMatchObject({ concept: 'red-apple', style, colour: 'red' });
      expect(made.shape).toBeUndefined();
    }
    for (const shape of SHAPE_NAMES)
      expect(render(scene([object({ concept: shape })])).scene.objects[0].colour).toBe('red');
    expect(() => shapeSprite('blob')).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    expect(() => render(scene([object({ concept: 'nothing', shape: undefined })]))).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });

  it('darkens the ground under shadows', () => {
    const shadow = { kind: 'drop', strength: 0.6, blur: 0.01, shift: [0.2, 0.2], squash: 0.3, shear: 0 } as const;
    const drop = render(scene([object({ shadow: { ...shadow, shift: [0.2, 0.2] } })]));
    expect(pixel(drop, 0.79, 0.79)[1]).toBeLessThan(150);
    expect(Math.min(...pixel(drop, 0.2, 0.2))).toBeGreaterThan(235);
    const ground = render(scene([object({ shadow: { ...shadow, kind: 'ground', shift: [0, 0], shear: 1 } })]));
    const bare = render(scene([object({})]));
    const dark = (made: { picture: Uint8Array }) => made.picture.reduce((sum, value) => sum + (value < 200 ? 1 : 0), 0);
    expect(dark(ground)).toBeGreaterThan(dark(bare) + 100);
  });

  it('shows each change of look without losing the object', () => {
    const looks: Partial<Look>[] = [
      { lines: { strength: 1, width: 0.01 } },
      { lines: { strength: 1, width: 0.01 }, bleach: 1 },
      { rim: { width: 0.03, colour: [0, 0, 0] } },
      { light: { angle: 1, strength: 0.4 } },
      { relief: { angle: 1, strength: 0.8, gloss: 0.8, depth: 0.1 } },
      { texture: { kind: 'cloth', variant: 0, strength: 0.4, scale: 1, offset: [0, 0] } },
      { blur: 0.03 },
      { paint: null, hue: 2 },
      { paint: null, saturation: 0 },
      { paint: null, tint: [30, 90, 220] },
    ];
    const drawn = (look: Partial<Look>) => {
      const plan = object({ concept: 'violin', style: 'noto' }, { paint: null, ...look });
      delete plan.shape;
      return render(scene([plan]));
    };
    const plain = drawn({});
    for (const look of looks) {
      const made = drawn(look);
      expect(Buffer.compare(made.picture, plain.picture)).not.toBe(0);
      const [x0, y0, x1, y1] = made.scene.objects[0].box;
      expect(x1 - x0, JSON.stringify(look)).toBeGreaterThan(0.25);
      expect(y1 - y0).toBeGreaterThan(0.25);
    }
  });
});
