import { access } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { LlavaMiniError } from '../errors.ts';
import type { Question } from '../train/pictograms/questions-types.ts';
import type { Exhibit } from './exhibit.ts';
import { type NamedPhotograph, PHOTOGRAPHS } from './photograph-names.ts';

/** @file Photographs of one thing on a plain ground, for scoring only: nano has never seen one. */

/** Where the Debian package puts its stamps. */
export const STAMPS_FOLDER = '/usr/share/tuxpaint/stamps';

/** Side of a picture in pixels, what of it the thing takes up, and the ground: a sheet of paper. */
const SIDE = 448;
const SHARE = 0.84;
const GROUND = '#f4f4f2';

const ASKED = { sentence: 'What is this?', word: 'What is in the picture? Answer in one word.' };

/** What is asked: for a sentence, and for a word. */
export const PHOTOGRAPH_KINDS: readonly string[] = Object.keys(ASKED);

/**
 * Finds photographs; what it gives shows them, cut out of their surroundings and each on a plain ground.
 *
 * @throws LlavaMiniError `not-found` where one is not in the folder, before any is read; `bad-data` for what is no picture
 */
export async function photographs(
  folder: string = STAMPS_FOLDER,
  named: readonly NamedPhotograph[] = PHOTOGRAPHS,
): Promise<() => AsyncGenerator<Exhibit>> {
  for (const { file } of named)
    await access(join(folder, file)).catch(() => {
      throw new LlavaMiniError('not-found', `${file} is not in ${folder}`, {
        hint: 'apt-get install tuxpaint-stamps-default, or name a folder of its files by --pictures',
      });
    });
  return () => onGrounds(folder, named);
}

async function* onGrounds(folder: string, named: readonly NamedPhotograph[]): AsyncGenerator<Exhibit> {
  for (const { file, names } of named) {
    const data = await onPlainGround(join(folder, file)).catch((cause) => {
      throw new LlavaMiniError('bad-data', `${join(folder, file)} cannot be read: ${cause.message}`, { cause });
    });
    yield { name: file, picture: { width: SIDE, height: SIDE, data }, questions: questionsAbout(names) };
  }
}

async function onPlainGround(path: string): Promise<Uint8Array> {
  const side = Math.round(SIDE * SHARE);
  const thing = await sharp(path)
    .trim()
    .resize(side, side, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png()
    .toBuffer();
  const ground = sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: GROUND } });
  return ground
    .composite([{ input: thing }])
    .removeAlpha()
    .raw()
    .toBuffer();
}

function questionsAbout(names: readonly string[]): Exhibit['questions'] {
  const [answer, ...accepted] = names.flatMap((name) => [name, `${name}s`]);
  return Object.entries(ASKED).map(([kind, question]): [string, Question] => [
    kind,
    { kind: 'name', question, answer, accepted },
  ]);
}
