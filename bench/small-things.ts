/**
 * What is too small to be seen: which things of new scenes are named in a description, by how large they are; how many
 * descriptions are right, by how many things there are; and how much lettering is, by its length.
 *
 *     node scripts/run-typescript.mjs bench/small-things.ts [MODEL] [--pictures 300] [--size 256] [--threads 2] [--json]
 *
 * A thing counts as named where a right name of it stands among the words; in a longer name too, as a train in a steam
 * train. The model is `nano` if none is named; `--size` is that of the drawn pictures, by default what the model's vision
 * tower takes. Half as many letterings as scenes. Needs the icon sets (development dependencies).
 */
import { parseArgs } from 'node:util';
import { isRight, normaliseAnswer } from '../src/eval/normalise.ts';
import { LlavaMini } from '../src/runtime/llava-mini.ts';
import { PictureFactory, type PictureOrder } from '../src/train/pictograms/picture-factory.ts';
import { askAbout } from '../src/train/pictograms/questions.ts';
import { rightNames } from '../src/train/pictograms/questions-thing.ts';
import { longSide, viewScene } from '../src/train/pictograms/questions-view.ts';
import type { Recipe } from '../src/train/pictograms/recipe.ts';
import { loadSprites } from '../src/train/pictograms/sprites.ts';
import { Random } from '../src/util/random.ts';
import { table } from './median.ts';
import { numbers } from './numbers.ts';

/** A row for things whose longer side is up to so many hundredths of the picture's. */
const SIDES = [20, 25, 30, 40, 100];
const STRENGTH = 0.3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'string', default: '300' },
    size: { type: 'string' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const { json, size: wanted, ...rest } = values;
const { pictures, threads } = numbers(rest);
const given = wanted === undefined ? null : numbers({ size: wanted });
const sprites = await loadSprites({});
const model = await LlavaMini.load(positionals[0], { threads });
const size = given?.size ?? model.info.vision.imageSize;

type Tally = Record<string, { right: number; all: number }>;
const tallies: Record<'named' | 'described' | 'read', Tally> = { named: {}, described: {}, read: {} };
function count(of: keyof typeof tallies, row: string, right: boolean): void {
  tallies[of][row] ??= { right: 0, all: 0 };
  tallies[of][row].right += Number(right);
  tallies[of][row].all++;
}

function* orders(): Generator<PictureOrder> {
  const objects: Recipe = { kind: 'objects', size, count: [2, 6], strength: STRENGTH };
  for (let i = 0; i < pictures; i++) yield { recipe: objects, seed: `small/${i}` };
  const lettering: Recipe = { kind: 'lettering', size, strength: STRENGTH };
  for (let i = 0; i < pictures / 2; i++) yield { recipe: lettering, seed: `letters/${i}` };
}

const factory = new PictureFactory(sprites, { workers: 1, ahead: 8 });
try {
  for await (const { picture, scene } of factory.pictures(orders())) {
    const memory = await model.see({ width: size, height: size, data: picture });
    for (const question of askAbout(scene, new Random(`${scene.seed}/questions`))) {
      const described = question.kind === 'describe' && scene.lettering === null;
      if (!described && question.kind !== 'text') continue;
      const { text } = await model.ask(memory, question.question, { maxTokens: 64 });
      const right = isRight(text, question);
      if (!described) {
        count('read', `${scene.lettering?.text.length} characters`, right);
        continue;
      }
      const { groups } = viewScene(scene);
      count('described', `${groups.length} kinds of things`, right);
      const said = ` ${normaliseAnswer(text)} `;
      for (const { thing, members } of groups) {
        const names = [...rightNames(thing), thing.plural].map((name) => normaliseAnswer(name));
        const named = names.some((name) => said.includes(` ${name} `));
        const side = 100 * Math.max(...members.map(({ box }) => longSide(box)));
        count('named', `up to ${SIDES.find((most) => side <= most)} % of the side`, named);
        count('named', 'all', named);
      }
    }
    memory.dispose();
  }
} finally {
  await factory.close();
  await model.dispose();
}
if (json) console.log(JSON.stringify({ pictures, size, ...tallies }, null, 2));
else
  for (const [of, rows] of Object.entries(tallies))
    console.log(
      table([
        [of, 'right', 'of', ''],
        ...Object.entries(rows)
          .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
          .map(([row, { right, all }]) => [row, String(right), String(all), `${((100 * right) / all).toFixed(1)} %`]),
      ]),
    );
