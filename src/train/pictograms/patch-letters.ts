import { glyph } from './fonts.ts';
import { cellAt, isHeld } from './patch-grid.ts';
import type { Lettering } from './types.ts';

/** What lettering is made of, in either case. */
export const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/**
 * Which letter of a lettering stands at one point of each patch, by the widths of its font's letters (spacing and
 * turning left out); −1 beside them.
 *
 * @param across where in the patch, of its width; halfway down
 * @returns int32 `[side²]`
 */
export function lettersAt({ text, font, box: [x0, y0, x1, y1] }: Lettering, side: number, across: number): Int32Array {
  const ends: number[] = [];
  let end = 0;
  for (const character of text) {
    end += glyph(font, character).advance;
    ends.push(end);
  }
  const found = new Int32Array(side * side).fill(-1);
  for (let r = cellAt(y0, side); r <= cellAt(y1 - 1e-9, side); r++)
    for (let c = cellAt(x0, side); c <= cellAt(x1 - 1e-9, side); c++) {
      const x = ((c + across) / side - x0) / (x1 - x0);
      if (isHeld(y0, y1, r, side) && x >= 0) found[r * side + c] = ends.findIndex((right) => x * end < right);
    }
  return found;
}

/** As `lettersAt`, the characters themselves: indices into `CHARACTERS`, −1 for any other and beside them. */
export function charactersAt(lettering: Lettering, side: number, across: number): Int32Array {
  return lettersAt(lettering, side, across).map((letter) =>
    letter < 0 ? -1 : CHARACTERS.indexOf(lettering.text[letter].toLowerCase()),
  );
}
