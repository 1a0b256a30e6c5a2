import { describe, expect, it } from 'vitest';
import { type ToyBatch, toyBatch, toyGraph, toyTensors, toyWeights } from '../../test/support/toy-training.ts';
import { Random } from '../util/random.ts';
import type { OptimiserConfig } from './optimiser.ts';
import { StepRunner } from './step-runner.ts';

const CONFIG: OptimiserConfig = {
  clip: 0.5,
  groups: [{ match: '.', optimiser: 'muon', learningRate: 0.03, adamwLearningRate: 0.05, weightDecay: 0.1 }],
};

const part = ({ x, target }: ToyBatch, i: number, of: number): ToyBatch => ({
  x: x.slice((i * x.length) / of, ((i + 1) * x.length) / of),
  target: target.slice((i * target.length) / of, ((i + 1) * target.length) / of),
});

describe('accumulated gradients', () => {
  for (const accumulate of [2, 4])
    it(`of ${accumulate} parts make the step of the whole batch`, async () => {
      const whole = await StepRunner.create({ a: toyGraph(8) }, toyWeights(), CONFIG, { threads: 1 });
      const parts = await StepRunner.create(
        { a: toyGraph(8 / accumulate), b: toyGraph(8 / accumulate) },
        toyWeights(),
        { ...CONFIG, accumulate },
        { threads: 1 },
      );
      const random = new Random('accumulate');
      for (let step = 0; step < 5; step++) {
        const batch = toyBatch(random, 8);
        const expected = await whole.run('a', toyTensors(batch), 1);
        for (let i = 0; i < accumulate - 1; i++)
          await parts.add(i % 2 ? 'b' : 'a', toyTensors(part(batch, i, accumulate)));
        const result = await parts.run('b', toyTensors(part(batch, accumulate - 1, accumulate)), 1);
        expect(result.loss).toBeCloseTo(expected.loss, 5);
        expect(result.gradientNorm).toBeCloseTo(expected.gradientNorm, 5);
        expect(parts.step).toBe(step + 1);
      }
      const [a, b] = [toyWeights(), toyWeights()];
      await whole.exportTo(a);
      await parts.exportTo(b);
      for (const [name, { data }] of a)
        data.forEach((x, i) => {
          expect(b.get(name)?.data[i], `${name}[${i}]`).toBeCloseTo(x, 4);
        });
      // No accumulator is part of what is saved: between steps they are zero.
      expect(parts.state).toEqual(whole.state);
      await whole.dispose();
      await parts.dispose();
    });

  it('are added in the right number only', async () => {
    const batch = toyTensors(toyBatch(new Random(1), 2));
    const single = await StepRunner.create({ a: toyGraph(2) }, toyWeights(), CONFIG, { threads: 1 });
    await expect(single.add('a', batch)).rejects.toMatchObject({ code: 'bad-argument' });
    const double = await StepRunner.create(
      { a: toyGraph(2) },
      toyWeights(),
      { ...CONFIG, accumulate: 2 },
      { threads: 1 },
    );
    await expect(double.run('a', batch, 1)).rejects.toMatchObject({ code: 'bad-argument' });
    await double.add('a', batch);
    await expect(double.add('a', batch)).rejects.toMatchObject({ code: 'bad-argument' });
    await double.run('a', batch, 1);
    await single.dispose();
    await double.dispose();
  });
});

describe('StepRunner', () => {
  it('tells of a weight that is missing or of another shape', async () => {
    const missing = toyWeights();
    missing.delete('tall');
    await expect(StepRunner.create({ a: toyGraph(2) }, missing, CONFIG)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: 'weight tall is missing',
    });
    const other = toyWeights();
    other.set('tall', { shape: [2, 5], data: new Float32Array(10) });
    await expect(StepRunner.create({ a: toyGraph(2) }, other, CONFIG)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: "weight tall is [2,5], the model's config wants [5,2]",
    });
    await expect(StepRunner.create({}, toyWeights(), CONFIG)).rejects.toMatchObject({ code: 'bad-argument' });
  });

  it('stops at a loss that is no number and keeps the weights of the step before', async () => {
    const runner = await StepRunner.create({ a: toyGraph(2) }, toyWeights(), CONFIG, { threads: 1 });
    const batch = toyBatch(new Random(1), 2);
    batch.x[0] = Number.NaN;
    await expect(runner.run('a', toyTensors(batch), 1)).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringContaining('training step 1'),
    });
    await expect(runner.run('b', toyTensors(batch), 1)).rejects.toMatchObject({ code: 'bad-argument' });
    const weights = toyWeights();
    await runner.exportTo(weights);
    expect(weights).toEqual(toyWeights());
    expect(runner.step).toBe(0);
    await runner.dispose();
  });

  it('does not change the weights it was given until they are exported', async () => {
    const weights = toyWeights();
    const runner = await StepRunner.create({ a: toyGraph(2) }, weights, CONFIG, { threads: 1 });
    await runner.run('a', toyTensors(toyBatch(new Random(1), 2)), 1);
    expect(weights).toEqual(toyWeights());
    await runner.exportTo(weights);
    expect(weights).not.toEqual(toyWeights());
    const after = structuredClone([...weights]);
    await runner.run('a', toyTensors(toyBatch(new Random(2), 2)), 1);
    expect([...weights]).toEqual(after);
    await runner.dispose();
  });
});
