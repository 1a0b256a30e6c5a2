import { LlavaMiniError } from '../errors.ts';

/** A decoded picture: RGB, row by row, 8 bits a channel, 3 bytes a pixel. */
export interface Picture {
  width: number;
  height: number;
  /** `[height, width, 3]` */
  data: Uint8Array;
}

/** Whether a value is decoded pixels whose sides and bytes agree. */
export function isPicture(value: unknown): value is Picture {
  const p = value as Partial<Picture> | null;
  return (
    typeof p === 'object' &&
    p !== null &&
    Number.isInteger(p.width) &&
    Number.isInteger(p.height) &&
    p.data instanceof Uint8Array &&
    p.data.length === (p.width as number) * (p.height as number) * 3
  );
}

/** @throws LlavaMiniError `bad-argument` for a picture without pixels, or whose pixels do not agree with its sides */
export function checkPicture(picture: Picture): void {
  const { width, height, data } = picture;
  if (!(isPicture(picture) && width > 0 && height > 0))
    throw new LlavaMiniError('bad-argument', `${data?.length} bytes are no RGB picture of ${width}×${height}`, {
      hint: 'a picture has 3 bytes for each pixel, and at least one pixel',
    });
}

/** The part of a picture that begins at (`left`, `top`), as a new picture. It must lie inside. */
export function cropPicture(picture: Picture, left: number, top: number, width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * picture.width + left) * 3;
    data.set(picture.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, data };
}
