/** Does the work for all items at once; after the first failure `onFailure` is called and the rest is waited for. */
export async function forAll<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  onFailure?: (error: unknown) => void,
): Promise<R[]> {
  const failures: unknown[] = [];
  const results = await Promise.all(
    items.map((item) =>
      work(item).catch((error): R => {
        failures.push(error);
        onFailure?.(error);
        return undefined as R;
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
  return results;
}

/** Lets at most so many pieces of work run at once, in the order they came. */
export class Slots {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(count: number) {
    this.free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
