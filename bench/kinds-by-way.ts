import { table } from './median.ts';

/** Questions of each kind, and how many were answered rightly in each way of asking. */
export class KindsByWay {
  private readonly ways: readonly string[];
  private readonly kinds: Record<string, { questions: number; right: number[] }> = {};

  constructor(ways: readonly string[]) {
    this.ways = ways;
  }

  /** @param right whether the answer was right, way by way */
  add(kind: string, right: readonly boolean[]): void {
    this.kinds[kind] ??= { questions: 0, right: this.ways.map(() => 0) };
    const counts = this.kinds[kind];
    counts.questions++;
    for (const [way, isRight] of right.entries()) counts.right[way] += Number(isRight);
  }

  /** Prints a table, or one JSON object. */
  print(pictures: number, json: boolean): void {
    const all = Object.values(this.kinds);
    const sum = (of: (kind: (typeof all)[number]) => number): number =>
      all.reduce((total, kind) => total + of(kind), 0);
    const total = {
      questions: sum((kind) => kind.questions),
      right: this.ways.map((_, way) => sum((kind) => kind.right[way])),
    };
    if (json) console.log(JSON.stringify({ pictures, ways: this.ways, kinds: this.kinds, total }, null, 2));
    else
      console.log(
        table([
          ['kind', 'questions', ...this.ways],
          ...Object.entries({ ...this.kinds, all: total }).map(([kind, { questions, right }]) => [
            kind,
            String(questions),
            ...right.map((count) => `${((100 * count) / questions).toFixed(1)} %`),
          ]),
        ]),
      );
  }
}
