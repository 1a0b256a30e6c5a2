import { z } from 'zod';
import { LlavaMiniError } from '../errors.ts';

/** How pixels become a vision tower's input. Plain data. */
export interface ImageProcessor {
  /** S: side of the tower's input in pixels. */
  size: number;
  /** Of red, green, blue, after `rescaleFactor`. */
  mean: [number, number, number];
  std: [number, number, number];
  rescaleFactor: number;
  /** `pad`: to a square with the mean colour; `crop`: shorter side to S, middle cut out. */
  aspect: 'pad' | 'crop';
}

/** CLIP's, for checkpoints that name a tower without shipping its config. */
export const CLIP_MEAN: [number, number, number] = [0.48145466, 0.4578275, 0.40821073];
export const CLIP_STD: [number, number, number] = [0.26862954, 0.26130258, 0.27577711];

const three = z.tuple([z.number(), z.number(), z.number()]);
const side = z.number().int().min(1).max(8192);
const square = z
  .object({ height: side, width: side })
  .refine(({ height, width }) => height === width, 'only square inputs are supported')
  .transform(({ height }) => height);

/** Keys and defaults of transformers' CLIPImageProcessor; `size` and `crop_size` were plain numbers once. */
const schema = z.object({
  crop_size: z.union([side, square]).optional(),
  size: z.union([side, square, z.object({ shortest_edge: side }).transform((s) => s.shortest_edge)], {
    error: 'neither a side in pixels, nor {shortest_edge}, nor a square {height, width}',
  }),
  do_resize: z.literal(true, { error: 'only true is supported' }).default(true),
  do_center_crop: z.boolean().default(true),
  do_rescale: z.boolean().default(true),
  do_normalize: z.boolean().default(true),
  image_mean: three.default(CLIP_MEAN),
  image_std: three.default(CLIP_STD),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  resample: z.literal(3, { error: 'only 3 (bicubic) is supported' }).default(3),
});

/**
 * Reads a `preprocessor_config.json`.
 *
 * @param aspect from the model's `image_aspect_ratio`
 * @param where the file's name, for messages
 * @throws LlavaMiniError `bad-model` naming the file and the key
 */
export function parsePreprocessor(
  json: unknown,
  aspect: ImageProcessor['aspect'],
  where = 'preprocessor_config.json',
): ImageProcessor {
  const refuse = (key: string, why: string): never => {
    throw new LlavaMiniError('bad-model', `${where}: ${key}: ${why}`, {
      hint: 'a CLIP image processor with bicubic resizing to one square size is supported',
    });
  };
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    return refuse(path.join('.') || 'the file', message);
  }
  const c = parsed.data;
  if (c.image_std.some((s) => !(s > 0))) refuse('image_std', 'must be greater than zero');
  if (c.do_center_crop && c.crop_size !== undefined && c.crop_size !== c.size)
    refuse('crop_size', `is ${c.crop_size}, but size is ${c.size}; they must be the same`);
  const mean = c.do_normalize ? c.image_mean : zeros();
  const std = c.do_normalize ? c.image_std : ones();
  return { size: c.size, mean, std, rescaleFactor: c.do_rescale ? c.rescale_factor : 1, aspect };
}

/**
 * @param where the processor's file, for the message
 * @param towerSize side of the pictures that the tower's own file asks for, in pixels
 * @throws LlavaMiniError `bad-model` where the two files of a vision tower disagree
 */
export function checkTowerSize({ size }: ImageProcessor, where: string, towerSize: number, towerWhere: string): void {
  if (size !== towerSize)
    throw new LlavaMiniError(
      'bad-model',
      `${where} makes pictures of ${size} pixels, but ${towerWhere} says ${towerSize}`,
      { hint: 'give image_size in the one and every size in the other the same value' },
    );
}

const zeros = (): [number, number, number] => [0, 0, 0];
const ones = (): [number, number, number] => [1, 1, 1];
