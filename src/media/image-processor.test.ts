import { expect, test } from 'vitest';
import { CLIP_MEAN, CLIP_STD, parsePreprocessor } from './image-processor.ts';

const published = {
  crop_size: { height: 336, width: 336 },
  do_center_crop: true,
  do_convert_rgb: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: CLIP_MEAN,
  image_std: CLIP_STD,
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { shortest_edge: 336 },
  image_processor_type: 'CLIPImageProcessor',
};
const plain = { size: 336, mean: CLIP_MEAN, std: CLIP_STD, rescaleFactor: 1 / 255 };

test('reads the published file, older ways of writing it, and defaults', () => {
  expect(parsePreprocessor(published, 'pad')).toEqual({ ...plain, aspect: 'pad' });
  for (const json of [
    { ...published, size: 336, crop_size: 336 },
    { ...published, size: { height: 336, width: 336 }, crop_size: undefined },
    { size: 336 },
  ])
    expect(parsePreprocessor(json, 'crop')).toEqual({ ...plain, aspect: 'crop' });
  expect(parsePreprocessor({ ...published, do_normalize: false, do_rescale: false }, 'pad')).toEqual({
    size: 336,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    rescaleFactor: 1,
    aspect: 'pad',
  });
});

test.each([
  ['a list', [], 'the file'],
  ['nothing', null, 'the file'],
  ['text', 'x', 'the file'],
  ['no size', { ...published, size: undefined }, 'size'],
  ['a size of zero', { ...published, size: 0 }, 'size'],
  ['a huge size', { ...published, size: 1e9 }, 'size'],
  ['an oblong size', { ...published, size: { height: 300, width: 400 } }, 'size'],
  ['another cut', { ...published, crop_size: 224 }, 'crop_size'],
  ['two means', { ...published, image_mean: [0.5, 0.5] }, 'image_mean'],
  ['a zero deviation', { ...published, image_std: [1, 0, 1] }, 'image_std'],
  ['bilinear', { ...published, resample: 2 }, 'resample'],
  ['no resizing', { ...published, do_resize: false }, 'do_resize'],
  ['a text for a factor', { ...published, rescale_factor: '1/255' }, 'rescale_factor'],
])('%s is refused, naming file and key', (_, json, key) => {
  try {
    parsePreprocessor(json, 'pad', 'tower/preprocessor_config.json');
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad-model' });
    expect((error as Error).message).toContain('tower/preprocessor_config.json');
    expect((error as Error).message).toContain(key);
  }
});
