import { capitalHeight, glyph } from './fonts.ts';
import { emptyPatch, type Patch } from './patch.ts';
import type { LetteringPlan } from './plan.ts';
import { fillPolygons } from './polygon-fill.ts';
import type { Box } from './types.ts';

/** Letters set and coloured, on their panel if they have one. */
export interface LetteringPatch {
  patch: Patch;
  /** Of the letters without the panel, fractions of the side. */
  box: Box;
}

/** Room between letters and the panel's edge, in heights of a capital. */
const PANEL_ROOM = 0.45;

/** Width of the lettering over the height of a capital, before turning. */
export function letteringAspect(plan: Pick<LetteringPlan, 'text' | 'font' | 'spacing'>): number {
  let width = 0;
  for (const character of plan.text) width += glyph(plan.font, character).advance;
  return width / capitalHeight(plan.font) + plan.spacing * Math.max(0, plan.text.length - 1);
}

/**
 * Sets a line of lettering around its centre.
 *
 * @throws LlavaMiniError `bad-argument` for an unknown font.
 */
export function letteringPatch(plan: LetteringPlan, side: number): LetteringPatch {
  const capital = capitalHeight(plan.font);
  const em = (plan.size * side) / capital;
  const wide = letteringAspect(plan) * plan.size * side;
  const cos = Math.cos(plan.angle);
  const sin = Math.sin(plan.angle);
  const place = (x: number, y: number): [number, number] => [
    plan.x * side + cos * x - sin * y,
    plan.y * side + sin * x + cos * y,
  ];

  const letters: Float32Array[] = [];
  let pen = -wide / 2;
  const base = (plan.size * side) / 2;
  for (const character of plan.text) {
    const { contours, advance } = glyph(plan.font, character);
    for (const contour of contours) {
      const placed = new Float32Array(contour.length);
      for (let i = 0; i < contour.length; i += 2)
        [placed[i], placed[i + 1]] = place(pen + contour[i] * em, base - contour[i + 1] * em);
      letters.push(placed);
    }
    pen += advance * em + plan.spacing * plan.size * side;
  }
  const room = plan.size * side * PANEL_ROOM;
  const right = wide / 2 + room;
  const down = base + room;
  const corners = [place(-right, -down), place(right, -down), place(right, down), place(-right, down)];
  const panel = Float32Array.from(corners.flat());

  const [left, top, width, height] = bounds(plan.panel === null ? letters : [...letters, panel]);
  const shift = (contour: Float32Array) => contour.map((value, i) => value - (i % 2 === 0 ? left : top));
  const patch = emptyPatch(left, top, width, height);
  const ink = fillPolygons(letters.map(shift), width, height);
  const ground = plan.panel === null ? null : fillPolygons([shift(panel)], width, height);
  for (let i = 0; i < ink.length; i++) {
    const under = ground === null ? 0 : ground[i];
    const [red, green, blue] = plan.panel ?? plan.paint;
    patch.red[i] = red + (plan.paint[0] - red) * ink[i];
    patch.green[i] = green + (plan.paint[1] - green) * ink[i];
    patch.blue[i] = blue + (plan.paint[2] - blue) * ink[i];
    patch.alpha[i] = Math.max(ink[i], under);
  }
  return { patch, box: letterBox(letters, side) };
}

function bounds(contours: readonly Float32Array[]): [left: number, top: number, width: number, height: number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const contour of contours)
    for (let i = 0; i < contour.length; i += 2) {
      left = Math.min(left, contour[i]);
      right = Math.max(right, contour[i]);
      top = Math.min(top, contour[i + 1]);
      bottom = Math.max(bottom, contour[i + 1]);
    }
  if (left > right) return [0, 0, 1, 1];
  const x = Math.floor(left) - 1;
  const y = Math.floor(top) - 1;
  return [x, y, Math.ceil(right) + 1 - x, Math.ceil(bottom) + 1 - y];
}

function letterBox(letters: readonly Float32Array[], side: number): Box {
  const [left, top, width, height] = bounds(letters);
  const fraction = (value: number) => Math.min(1, Math.max(0, value / side));
  return [fraction(left + 1), fraction(top + 1), fraction(left + width - 1), fraction(top + height - 1)];
}
