import type { Random } from '../util/random.ts';

const ROUNDS = 40;

/** Gram–Schmidt; vectors that lie in the others' span are left out. */
export function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const made: Float64Array[] = [];
  for (const vector of vectors) {
    const left = Float64Array.from(vector);
    for (const axis of made) {
      const along = dot(axis, left);
      for (let d = 0; d < left.length; d++) left[d] -= along * axis[d];
    }
    const length = Math.sqrt(dot(left, left));
    if (length > 1e-6 * Math.sqrt(dot(vector, vector))) made.push(left.map((x) => x / length));
  }
  return made;
}

/** Of vectors of one length. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Orthonormal directions along which a symmetric positive definite matrix is smallest, by inverse iteration.
 *
 * @param matrix row by row
 */
export function smallestDirections(matrix: readonly Float64Array[], count: number, start: Random): Float64Array[] {
  const n = matrix.length;
  const lower = cholesky(matrix);
  const solve = (b: Float64Array): Float64Array => {
    const y = Float64Array.from(b);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) y[i] -= lower[i][j] * y[j];
      y[i] /= lower[i][i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) y[i] -= lower[j][i] * y[j];
      y[i] /= lower[i][i];
    }
    return y;
  };
  let axes = orthonormal(Array.from({ length: count }, () => Float64Array.from({ length: n }, () => start.normal())));
  for (let round = 0; round < ROUNDS; round++) axes = orthonormal(axes.map(solve));
  return axes;
}

/** L of L·Lᵀ. */
function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const lower = matrix.map((row) => new Float64Array(row.length));
  for (let i = 0; i < matrix.length; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i === j ? Math.sqrt(sum) : sum / lower[j][j];
    }
  return lower;
}
