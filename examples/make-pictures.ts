/**
 * @file Draws the made-up pictures of `examples/pictures`, one for each kind of question: `npm run examples:pictures`.
 * What is asked about them, and what a right answer says, is in `examples/pictures/questions.json`. The drawings are
 * Noto's (Apache-2.0) and Microsoft's Fluent (MIT).
 */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { PLAIN_LOOK, plainCamera } from '../src/train/pictograms/augment.ts';
import type { Rgb } from '../src/train/pictograms/colour.ts';
import type { LetteringPlan, ObjectPlan, ScenePlan } from '../src/train/pictograms/plan.ts';
import { renderScene } from '../src/train/pictograms/render.ts';
import { SHAPE_STYLE } from '../src/train/pictograms/shape-scene.ts';
import { drawSprites } from '../src/train/pictograms/sprites.ts';
import { Random } from '../src/util/random.ts';

const SIZE = 384;
const WHITE: Rgb = [255, 255, 255];
const BLUE: Rgb = [40, 90, 210];

type Thing = readonly [what: string, x: number, y: number, size: number, style?: 'noto' | 'fluent-emoji'];

const POSE = { angle: 0, mirror: false, stretch: 1, tilt: [0, 0], wave: { size: 0, count: 1, phase: 0 }, shadow: null };

const thing = ([concept, x, y, size, style = 'noto']: Thing): ObjectPlan =>
  ({ ...POSE, concept, style, x, y, size, look: PLAIN_LOOK }) as ObjectPlan;

const shape = (concept: string, paint: Rgb, x: number, y: number, size: number): ObjectPlan =>
  ({ ...POSE, concept, style: SHAPE_STYLE, shape: true, x, y, size, look: { ...PLAIN_LOOK, paint } }) as ObjectPlan;

function scene(objects: ObjectPlan[], ground: Rgb = WHITE, lettering: LetteringPlan | null = null): ScenePlan {
  const flat = { angle: 0, horizon: null, hills: 0, texture: null, blur: 0 };
  return {
    seed: 'example',
    size: SIZE,
    background: { kind: 'plain', base: ground, second: ground, third: ground, ...flat },
    objects,
    lettering,
    camera: plainCamera(),
  };
}

const PICTURES: Record<string, ScenePlan> = {
  name: scene([thing(['guitar', 0.5, 0.5, 0.8])]),
  describe: scene([thing(['automobile', 0.28, 0.5, 0.42]), thing(['house', 0.74, 0.52, 0.4])], BLUE),
  count: scene([
    thing(['red-apple', 0.25, 0.3, 0.32]),
    thing(['red-apple', 0.72, 0.35, 0.32]),
    thing(['red-apple', 0.45, 0.74, 0.32]),
  ]),
  colour: scene([shape('star', BLUE, 0.5, 0.5, 0.6)]),
  background: scene([thing(['banana', 0.5, 0.5, 0.6])], BLUE),
  where: scene([thing(['cat', 0.2, 0.2, 0.32]), thing(['deciduous-tree', 0.55, 0.62, 0.5])]),
  relation: scene([thing(['horse', 0.25, 0.5, 0.42]), thing(['house', 0.75, 0.5, 0.42])]),
  yesno: scene([thing(['bicycle', 0.5, 0.5, 0.75])]),
  bigger: scene([thing(['mouse', 0.35, 0.45, 0.6]), thing(['elephant', 0.82, 0.78, 0.2])]),
  text: scene([], WHITE, {
    text: 'SALE',
    font: 'roboto-bold',
    paint: [20, 20, 20],
    x: 0.5,
    y: 0.5,
    size: 0.22,
    angle: 0,
    spacing: 0,
    panel: null,
  }),
  compare: scene([
    thing(['banana', 0.25, 0.25, 0.3]),
    thing(['banana', 0.72, 0.3, 0.3]),
    thing(['banana', 0.3, 0.75, 0.3]),
    thing(['pear', 0.75, 0.75, 0.3]),
  ]),
  category: scene([thing(['violin', 0.5, 0.5, 0.8, 'fluent-emoji'])]),
  choice: scene([thing(['locomotive', 0.5, 0.5, 0.75])]),
  refuse: scene([thing(['pear', 0.5, 0.5, 0.7, 'fluent-emoji'])]),
};

const drawn = Object.values(PICTURES).flatMap(({ objects }) => objects.filter((object) => !object.shape));
const sprites = await drawSprites(['noto', 'fluent-emoji'], [...new Set(drawn.map(({ concept }) => concept))]);
for (const [name, plan] of Object.entries(PICTURES)) {
  const { picture } = renderScene(plan, sprites, new Random(name));
  const path = fileURLToPath(new URL(`pictures/made-${name}.png`, import.meta.url));
  await sharp(picture, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .png({ compressionLevel: 9, effort: 10 })
    .toFile(path);
  console.log(path);
}
