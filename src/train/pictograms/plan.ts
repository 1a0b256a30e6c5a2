import type { Rgb } from './colour.ts';
import type { TextureKind } from './texture.ts';

/** A texture laid over something. */
export interface TexturePlan {
  kind: TextureKind;
  variant: number;
  /** Change of brightness at one unit of texture; 0.3 is strong. */
  strength: number;
  /** Texture pixels for one picture pixel. */
  scale: number;
  /** Start within the tile. */
  offset: [x: number, y: number];
}

/** How a drawing is changed before it is put into the picture. */
export interface Look {
  /** Turn of the hue in radians. */
  hue: number;
  /** 1 keeps the colours, 0 is grey. */
  saturation: number;
  contrast: number;
  /** Factor. */
  brightness: number;
  gamma: number;
  /** All ink in this colour. */
  paint: Rgb | null;
  /** All ink in shades of this colour, light and dark kept. */
  tint: Rgb | null;
  /** Dark lines along the edges inside and around: strength 0 to 1, width as a fraction of the object. */
  lines: { strength: number; width: number } | null;
  /** How far the fill fades to white, 0 to 1. */
  bleach: number;
  /** A rim around the ink, width as a fraction of the object. */
  rim: { width: number; colour: Rgb } | null;
  /** Brightness falling across the object. */
  light: { angle: number; strength: number };
  /** Shading as if the ink bulged towards the viewer. */
  relief: { angle: number; strength: number; gloss: number; depth: number } | null;
  texture: TexturePlan | null;
  /** Radius as a fraction of the object. */
  blur: number;
}

/** A shadow: `drop` for something lying under the camera, `ground` for something standing. */
export interface ShadowPlan {
  kind: 'drop' | 'ground';
  strength: number;
  /** Fractions of the object. */
  blur: number;
  shift: [x: number, y: number];
  /** `ground`: height of the shadow over height of the object, negative towards the viewer. */
  squash: number;
  shear: number;
}

export interface ObjectPlan {
  concept: string;
  style: string;
  shape?: true;
  /** Centre, fractions of the side. */
  x: number;
  y: number;
  /** Longest side of the drawing's ink before turning, as a fraction of the picture's side. */
  size: number;
  /** Radians, clockwise. */
  angle: number;
  mirror: boolean;
  /** Width over height is multiplied by this. */
  stretch: number;
  /** Tilt of the drawing's plane, horizontally and vertically, about ±0.4. */
  tilt: [x: number, y: number];
  /** A smooth wave through the drawing: size as a fraction of it. */
  wave: { size: number; count: number; phase: number };
  look: Look;
  shadow: ShadowPlan | null;
}

/** The ground behind the objects. */
export interface BackgroundPlan {
  kind: 'plain' | 'gradient' | 'noise' | 'scenery';
  base: Rgb;
  second: Rgb;
  /** Direction of a gradient. */
  angle: number;
  /** Height at which ground meets sky or wall; null for one surface. */
  horizon: number | null;
  /** Height of hills above the horizon, 0 for none. */
  hills: number;
  third: Rgb;
  texture: TexturePlan | null;
  /** Radius as a fraction of the side: out of focus. */
  blur: number;
}

/** What the camera adds to the whole picture. */
export interface CameraPlan {
  exposure: number;
  contrast: number;
  gamma: number;
  /** Factors for red, green and blue. */
  balance: [red: number, green: number, blue: number];
  light: { angle: number; strength: number };
  vignette: number;
  grey: boolean;
  /** Radius in fractions of the side. */
  blur: number;
  /** Standard deviations of brightness and colour noise, 0 to 255. */
  noise: [brightness: number, colour: number];
  /** Strength of block compression, 0 for none, about 1 to 10. */
  compression: number;
  /** Detail kept: 1 all, 0.5 every second pixel. */
  detail: number;
}

/** Lettering to be set; `font` is an id of lettering.ts. */
export interface LetteringPlan {
  text: string;
  font: string;
  paint: Rgb;
  x: number;
  y: number;
  /** Height of a capital letter, fraction of the side. */
  size: number;
  angle: number;
  /** Extra room between letters as a fraction of the size. */
  spacing: number;
  /** A coloured panel behind, with room around it. */
  panel: Rgb | null;
}

/** Everything that a picture is made of, as plain data. */
export interface ScenePlan {
  seed: string;
  /** Side in pixels. */
  size: number;
  background: BackgroundPlan;
  objects: ObjectPlan[];
  lettering: LetteringPlan | null;
  camera: CameraPlan;
}
