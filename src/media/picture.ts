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

/** The part of a picture that begins at (`left`, `top`), as a new picture. It must lie inside. */
export function cropPicture(picture: Picture, left: number, top: number, width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * picture.width + left) * 3;
    data.set(picture.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, data };
}
