import { floatToHalf, halfToFloat } from '../util/float16.ts';
import type { Random } from '../util/random.ts';

/**
 * Makes up what the tower's classifier might say of a photograph. The tower knows a thousand things in photographs,
 * and this project owns none; so that the language model learns to trust the classifier where it is sure, examples
 * pair probabilities made up around a class with the class's everyday name (design, section 8).
 */
export class ClassExamples {
  /** Cosine of each two classes' rows, `[classes, classes]`. */
  private readonly similarity: Float32Array;
  private readonly classes: number;

  /** @param rows the classifier's weights, `[classes, width]`: similar classes have similar rows */
  constructor(rows: Float32Array, classes: number) {
    this.classes = classes;
    const width = rows.length / classes;
    const unit = Float32Array.from(rows);
    for (let c = 0; c < classes; c++) {
      const row = unit.subarray(c * width, (c + 1) * width);
      const length = Math.hypot(...row);
      for (let i = 0; i < width; i++) row[i] /= length;
    }
    this.similarity = new Float32Array(classes * classes);
    for (let a = 0; a < classes; a++)
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += unit[a * width + i] * unit[b * width + i];
        this.similarity[a * classes + b] = sum;
        this.similarity[b * classes + a] = sum;
      }
  }

  /**
   * Probabilities of a photograph of class `target`, in half precision: its share is anything from `least` to
   * nearly all, as the tower's is of photographs, its neighbours by the similarity of their rows get most of the rest, and some is spread over everything.
   *
   * @param out `[classes]`
   */
  fill(target: number, random: Random, out: Uint16Array, least = 0.14): void {
    const share = least + (0.98 - least) * random.float();
    const sharpness = random.uniform(8, 18);
    const spread = random.uniform(0.5, 1.5);
    const mine = this.similarity.subarray(target * this.classes, (target + 1) * this.classes);
    const others = new Float64Array(this.classes);
    let sum = 0;
    for (let c = 0; c < this.classes; c++) {
      if (c === target) continue;
      others[c] = Math.exp(sharpness * mine[c] + spread * random.normal());
      sum += others[c];
    }
    const noise = (1 - share) * random.uniform(0.05, 0.4);
    for (let c = 0; c < this.classes; c++)
      out[c] = floatToHalf(c === target ? share : ((1 - share - noise) * others[c]) / sum + noise / this.classes);
  }

  /**
   * Makes probabilities of {@link fill} waver: about half of the weight goes to one of the dozen classes most like
   * `target`.
   *
   * @param out `[classes]`
   */
  mixIn(target: number, random: Random, out: Uint16Array): void {
    const row = this.similarity.subarray(target * this.classes, (target + 1) * this.classes);
    const like = Array.from(row.keys())
      .filter((c) => c !== target)
      .sort((a, b) => row[b] - row[a])
      .slice(0, 12);
    const other = new Uint16Array(this.classes);
    this.fill(random.pick(like), random, other);
    const share = random.uniform(0.4, 0.6);
    for (let c = 0; c < this.classes; c++)
      out[c] = floatToHalf(share * halfToFloat(other[c]) + (1 - share) * halfToFloat(out[c]));
  }
}
