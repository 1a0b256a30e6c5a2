import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Font } from 'opentype.js';
import { LlavaMiniError } from '../../errors.ts';
import { packagePath } from './emoji-list.ts';

interface FontFile {
  id: string;
  /** Of `@fontsource`. */
  family: string;
  weight: number;
  /** Draws capitals for small letters. */
  capitalsOnly?: true;
}

/** Openly licensed (SIL OFL 1.1 or Apache-2.0), from the `@fontsource` packages. */
const FONT_FILES: readonly FontFile[] = [
  { id: 'roboto', family: 'roboto', weight: 400 },
  { id: 'roboto-bold', family: 'roboto', weight: 700 },
  { id: 'roboto-mono', family: 'roboto-mono', weight: 600 },
  { id: 'merriweather', family: 'merriweather', weight: 400 },
  { id: 'merriweather-bold', family: 'merriweather', weight: 700 },
  { id: 'comic-neue', family: 'comic-neue', weight: 700 },
  { id: 'oswald', family: 'oswald', weight: 600 },
  { id: 'bebas-neue', family: 'bebas-neue', weight: 400, capitalsOnly: true },
];

/** Ids of the fonts that lettering may use. */
export const FONTS: readonly string[] = FONT_FILES.map((file) => file.id);

/** A glyph as closed polygons in em units, y upwards, and how far to move on. */
export interface Glyph {
  contours: Float32Array[];
  advance: number;
}

/** Straight pieces for each curve of an outline. */
const PIECES = 6;

const require = createRequire(import.meta.url);
const fonts = new Map<string, { font: Font; glyphs: Map<string, Glyph> }>();

/** Whether a font has no small letters of its own. */
export function isCapitalsOnly(id: string): boolean {
  return findFont(id).capitalsOnly === true;
}

/**
 * The outline of one character.
 *
 * @throws LlavaMiniError `bad-argument` for an unknown font, `not-found` without its package.
 */
export function glyph(id: string, character: string): Glyph {
  let held = fonts.get(id);
  if (held === undefined) {
    held = { font: loadFont(findFont(id)), glyphs: new Map() };
    fonts.set(id, held);
  }
  let found = held.glyphs.get(character);
  if (found === undefined) {
    found = outline(held.font, character);
    held.glyphs.set(character, found);
  }
  return found;
}

/** Height of a capital letter in em. */
export function capitalHeight(id: string): number {
  let top = 0;
  for (const contour of glyph(id, 'H').contours)
    for (let i = 1; i < contour.length; i += 2) top = Math.max(top, contour[i]);
  return top;
}

function findFont(id: string): FontFile {
  const file = FONT_FILES.find((candidate) => candidate.id === id);
  if (file === undefined)
    throw new LlavaMiniError('bad-argument', `unknown font ${JSON.stringify(id)}`, {
      hint: `known are ${FONTS.join(', ')}`,
    });
  return file;
}

function loadFont(file: FontFile): Font {
  const path = packagePath(`@fontsource/${file.family}/files/${file.family}-latin-${file.weight}-normal.woff`);
  packagePath('opentype.js');
  // Not a static import: the published package has no development dependencies.
  const { parse } = require('opentype.js') as typeof import('opentype.js');
  const bytes = readFileSync(path);
  return parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}

function outline(font: Font, character: string): Glyph {
  const shape = font.charToGlyph(character);
  const contours: Float32Array[] = [];
  let points: number[] = [];
  let x = 0;
  let y = 0;
  const close = () => {
    if (points.length >= 6) contours.push(Float32Array.from(points));
    points = [];
  };
  // Coordinates come with y downwards.
  for (const command of shape.getPath(0, 0, 1).commands) {
    if (command.type === 'Z') {
      close();
      continue;
    }
    if (command.type === 'M') close();
    if (command.type === 'Q')
      for (let i = 1; i < PIECES; i++) {
        const t = i / PIECES;
        const s = 1 - t;
        points.push(
          s * s * x + 2 * s * t * command.x1 + t * t * command.x,
          -(s * s * y + 2 * s * t * command.y1 + t * t * command.y),
        );
      }
    if (command.type === 'C')
      for (let i = 1; i < PIECES; i++) {
        const t = i / PIECES;
        const s = 1 - t;
        const [a, b, c, d] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
        points.push(
          a * x + b * command.x1 + c * command.x2 + d * command.x,
          -(a * y + b * command.y1 + c * command.y2 + d * command.y),
        );
      }
    points.push(command.x, -command.y);
    x = command.x;
    y = command.y;
  }
  close();
  return { contours, advance: (shape.advanceWidth ?? 0) / font.unitsPerEm };
}
