import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readHeader } from '../src/checkpoint/safetensors.ts';
import { parseModelConfig } from '../src/model/config.ts';
import { LOOKUP_HEAD } from '../src/model/lookup-loss.ts';
import { lookupClasses } from '../src/train/pictograms/lookup-types.ts';
import { SLOTS } from '../src/train/pictograms/slots.ts';

it('lookups of nano have classifiers in the repository that a training can start with', async () => {
  const path = 'models/nano/config.json';
  const { hiddenSize } = parseModelConfig(JSON.parse(await readFile(path, 'utf8')), path);
  const classes = { ...lookupClasses(), pointer: { classes: SLOTS + 1 } };
  const expected = Object.entries(classes).flatMap(([name, { classes }]) => [
    [`${LOOKUP_HEAD}${name}.weight`, [classes, hiddenSize]],
    [`${LOOKUP_HEAD}${name}.bias`, [classes]],
  ]);
  const norms = ['norm', 'pointer_norm'].map((name) => [`${LOOKUP_HEAD}${name}.weight`, [hiddenSize]]);
  const { tensors } = await readHeader('training/lookup-heads.safetensors');
  const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, [...shape]]));
  expect(shapes).toEqual(Object.fromEntries([...expected, ...norms]));
});
