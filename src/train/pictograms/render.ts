import type { Random } from '../../util/random.ts';
import { paintBackground } from './background.ts';
import { takePhoto } from './camera.ts';
import { type Canvas, composite, emptyCanvas, type Owners } from './canvas.ts';
import { ColourCount, nameColour } from './colour.ts';
import { letteringPatch } from './lettering.ts';
import { applyLook } from './look.ts';
import { samplePatch } from './patch.ts';
import type { ScenePlan } from './plan.ts';
import { castShadow } from './shadow.ts';
import { shapeSprite } from './shapes.ts';
import type { SpriteSource } from './sprites.ts';
import type { Box, ColourName, Lettering, Scene } from './types.ts';

/** A finished picture and what is on it. */
export interface RenderedScene {
  /** RGB, 8 bits, row by row, `size`² pixels. */
  picture: Uint8Array;
  scene: Scene;
}

/**
 * Draws a plan: ground, shadows and objects in order, lettering, camera. What it says about boxes, hiding and
 * colours is measured on the result. `random` is only used for sensor noise.
 *
 * @throws LlavaMiniError `not-found` for a concept and style that `sprites` does not have.
 */
export function renderScene(plan: ScenePlan, sprites: SpriteSource, random: Random): RenderedScene {
  const canvas = emptyCanvas(plan.size);
  const owners: Owners = new Uint8Array(plan.size * plan.size);
  paintBackground(canvas, plan.background);
  const inks = plan.objects.map((object, index) => {
    const sprite = object.shape ? shapeSprite(object.concept) : sprites.get(object.concept, object.style);
    const patch = samplePatch(object, sprite, plan.size);
    const size = object.size * plan.size;
    applyLook(patch, object.look, size);
    if (object.shadow !== null) castShadow(canvas, patch, object.shadow, size);
    return composite(canvas, patch, owners, index + 1);
  });
  const writing = plan.lettering === null ? null : letteringPatch(plan.lettering, plan.size);
  const writingOwner = plan.objects.length + 1;
  if (writing !== null) composite(canvas, writing.patch, owners, writingOwner);
  takePhoto(canvas, plan.camera, random);

  const picture = toBytes(canvas);
  const seen = measure(picture, owners, plan.size, plan.objects.length + 2);
  const lettering: Lettering | null =
    plan.lettering === null || writing === null
      ? null
      : {
          text: plan.lettering.text,
          colour: nameColour(plan.lettering.paint) ?? 'black',
          box: writing.box,
          font: plan.lettering.font,
        };
  return {
    picture,
    scene: {
      seed: plan.seed,
      size: plan.size,
      background: {
        kind: plan.background.kind,
        colour: plan.background.kind === 'plain' ? seen[0].colour : null,
      },
      objects: plan.objects.map((object, index) => {
        const { count, box, colour } = seen[index + 1];
        const base = { concept: object.concept, style: object.style, box, colour };
        const hidden = inks[index] === 0 ? 1 : Math.min(1, Math.max(0, 1 - count / inks[index]));
        return object.shape ? { ...base, shape: true, hidden } : { ...base, hidden };
      }),
      lettering,
    },
  };
}

function toBytes(canvas: Canvas): Uint8Array {
  const { red, green, blue } = canvas;
  const picture = new Uint8Array(red.length * 3);
  for (let i = 0, at = 0; i < red.length; i++, at += 3) {
    picture[at] = byte(red[i]);
    picture[at + 1] = byte(green[i]);
    picture[at + 2] = byte(blue[i]);
  }
  return picture;
}

function byte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;
}

/** For each owner the pixels it shows, the box around them and the colour that rules them. */
function measure(picture: Uint8Array, owners: Owners, side: number, count: number) {
  const parts = Array.from({ length: count }, () => ({
    count: 0,
    left: side,
    top: side,
    right: 0,
    bottom: 0,
    colours: new ColourCount(),
  }));
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const part = parts[owners[i]];
      part.count++;
      if (x < part.left) part.left = x;
      if (x >= part.right) part.right = x + 1;
      if (y < part.top) part.top = y;
      if (y >= part.bottom) part.bottom = y + 1;
      // Every second pixel of every second row is plenty to tell a colour.
      if ((x & 1) === 0 && (y & 1) === 0) part.colours.add(picture[i * 3], picture[i * 3 + 1], picture[i * 3 + 2]);
    }
  return parts.map((part): { count: number; box: Box; colour: ColourName | null } => ({
    count: part.count,
    box: part.count === 0 ? [0, 0, 0, 0] : [part.left / side, part.top / side, part.right / side, part.bottom / side],
    colour: part.colours.ruling(),
  }));
}
