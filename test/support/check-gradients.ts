import { add, Graph, gradients, mul, sumAll, type Value } from '../../src/graph/index.ts';
import { Random } from '../../src/util/random.ts';
import { type Feed, openGraph } from './run-graph.ts';

/** An operand of the function under test. `float` operands are differentiated unless they are fixed. */
export type Operand =
  | { kind: 'float'; shape: readonly number[]; data: Float32Array; fixed?: boolean }
  | { kind: 'int32'; shape: readonly number[]; data: Int32Array }
  | { kind: 'int64'; shape: readonly number[]; data: BigInt64Array }
  | { kind: 'bool'; shape: readonly number[]; data: Uint8Array };

export interface GradientCheck {
  operands: readonly Operand[];
  /** The function: its results are weighted at random and summed, which makes the loss. */
  build(values: Value[], graph: Graph): Value | Value[];
  /** Step of the differences. */
  step?: number;
  /** Relative to the largest number in the operand's gradient, or to 0.05 when that is smaller. */
  tolerance?: number;
  seed?: number;
}

/**
 * Compares the gradients that the builder appends with central differences of fourth order. The forward pass is
 * float32, its results are summed in double, so that differences lose only the rounding of the function itself.
 *
 * @throws Error with operand, element and both numbers where they differ.
 */
export async function checkGradients(check: GradientCheck): Promise<void> {
  const { operands, step = 1 / 32, tolerance = 2e-3, seed = 1 } = check;
  const random = new Random(seed).fork('weights');
  const place = (graph: Graph): Value[] =>
    operands.map((o, i) =>
      o.kind === 'float' ? graph.parameter(`x${i}`, o.shape) : graph.input(`x${i}`, o.kind, o.shape),
    );

  const forward = new Graph('forward', 'training');
  const results = [check.build(place(forward), forward)].flat();
  for (const [i, value] of results.entries()) forward.output(`out${i}`, value);
  const weights = results.map((value) =>
    Float32Array.from(
      { length: size(value.shape as number[]) },
      () => random.uniform(0.5, 1.5) * (random.chance(0.5) ? 1 : -1),
    ),
  );

  const backward = new Graph('backward', 'training');
  const values = place(backward);
  const moving = operands.flatMap((o, i) => (o.kind === 'float' && !o.fixed ? [i] : []));
  const loss = [check.build(values, backward)]
    .flat()
    .map((value, i) => sumAll(mul(value, backward.constant(weights[i], value.shape as number[], 'float32'))))
    .reduce((a, b) => add(a, b));
  const grads = gradients(
    loss,
    moving.map((i) => values[i]),
  );
  moving.forEach((i, k) => {
    const grad = grads[k];
    if (grad) backward.output(`grad${i}`, grad);
  });
  if (backward.outputs.length === 0) throw new Error('no operand has a gradient');

  const feeds: Record<string, Feed> = {};
  operands.forEach((o, i) => {
    feeds[`x${i}`] = o.data.slice();
  });
  const [f, b] = [await openGraph(forward), await openGraph(backward)];
  try {
    const lossAt = async (): Promise<number> => {
      const out = await f.run(feeds);
      let sum = 0;
      weights.forEach((w, k) => {
        const { data, shape } = out[`out${k}`];
        if (shape.join() !== results[k].shape.join()) throw new Error(`${results[k]} came out as [${shape.join(',')}]`);
        for (let j = 0; j < w.length; j++) sum += w[j] * data[j];
      });
      return sum;
    };
    const analytic = await b.run(feeds);
    for (const i of moving) {
      const data = feeds[`x${i}`] as Float32Array;
      const expected = new Float64Array(data.length);
      for (let j = 0; j < data.length; j++) {
        const x = data[j];
        const at = async (k: number): Promise<number> => {
          data[j] = x + k * step;
          const y = await lossAt();
          data[j] = x;
          return y;
        };
        expected[j] = (8 * ((await at(1)) - (await at(-1))) - ((await at(2)) - (await at(-2)))) / (12 * step);
      }
      const scale = Math.max(0.05, ...expected.map(Math.abs));
      const actual = analytic[`grad${i}`]?.data ?? new Float32Array(data.length);
      if (actual.length !== expected.length)
        throw new Error(`operand ${i}: gradient of ${actual.length} elements for ${expected.length}`);
      for (let j = 0; j < data.length; j++) {
        // Written so that NaN fails.
        if (!(Math.abs(actual[j] - expected[j]) <= tolerance * scale))
          throw new Error(
            `operand ${i} [${operands[i].shape.join(',')}], element ${j}: gradient ${actual[j]}, differences give ${expected[j]}`,
          );
      }
    }
  } finally {
    await f.close();
    await b.close();
  }
}

export function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
