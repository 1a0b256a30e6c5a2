// One process of bench/resize.ts: node resize-once.js NAME MODULE WIDTH HEIGHT SIZE; prints `ResizeTimes` as JSON.
// It imports nothing of the project itself, so that nothing is compiled before the first call.
import { createHash } from 'node:crypto';

/** Milliseconds of the first call and the median of later ones. */
interface Calls {
  cold: number;
  warm: number;
}
export interface ResizeTimes {
  resize: Calls;
  /** With normalisation. */
  whole: Calls;
  /** Of the values that the tower would get. */
  hash: string;
}

interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}
interface Prepare {
  square(picture: Picture): Promise<Picture> | Picture;
  normalise(picture: Picture): Float32Array;
}

const [name, path, ...sides] = process.argv.slice(2);
const [width, height, size] = sides.map(Number);
const CLIP = {
  size,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
  rescaleFactor: 1 / 255,
  aspect: 'pad',
};

async function versions(): Promise<Prepare> {
  const module = await import(path);
  if (name !== 'sharp')
    return {
      square: (picture) => module.squarePicture(picture, CLIP),
      normalise: (picture) => module.normalisePicture(picture, CLIP),
    };
  const sharp = module.default;
  sharp.concurrency(1);
  sharp.cache(false);
  const [r, g, b] = CLIP.mean.map((m) => Math.trunc(m * 255));
  const square = async ({ data, ...sides }: Picture): Promise<Picture> => ({
    width: size,
    height: size,
    data: await sharp(data, { raw: { ...sides, channels: 3 }, limitInputPixels: false })
      .resize(size, size, { fit: 'contain', background: { r, g, b }, kernel: 'cubic' })
      .raw()
      .toBuffer(),
  });
  await square({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) });
  return { square, normalise: () => new Float32Array(0) };
}

/** Smooth with some noise, as photographs are. */
function picture(): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, noise = 1; i < data.length; i++) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) | 0;
    data[i] = (i / 900 + (noise >>> 28)) & 255;
  }
  return { width, height, data };
}

const { square, normalise } = await versions();
const input = picture();
const resize: number[] = [];
const whole: number[] = [];
const hash = createHash('sha256');
for (let call = 0; call < (width > 2000 ? 6 : 20); call++) {
  const start = performance.now();
  const squared = await square(input);
  const middle = performance.now();
  const values = normalise(squared);
  const end = performance.now();
  resize.push(middle - start);
  whole.push(end - start);
  if (call === 0) hash.update(values);
}
const calls = ([cold, ...warm]: number[]): Calls => ({
  cold,
  warm: warm.sort((a, b) => a - b)[warm.length >> 1],
});
const times: ResizeTimes = { resize: calls(resize), whole: calls(whole), hash: hash.digest('hex') };
console.log(JSON.stringify(times));
