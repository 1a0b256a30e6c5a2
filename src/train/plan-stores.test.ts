import { expect, test } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { FOLD_WEIGHTS } from './plan-stores.ts';

test('all weights of nano’s fold but the classifier’s patch count as moving what is kept', async () => {
  const file = await openSafetensors('models/nano/model.safetensors');
  const fold = [...file.tensors.keys()].filter((name) => /\.fold\.(?!class)/.test(name));
  await file.close();
  expect(FOLD_WEIGHTS.filter((name) => !/(layers|again)\.[1-9]/.test(name)).sort()).toEqual(fold.sort());
});
