import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lossCurve, type Metric, MetricsFile } from './metrics.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llava-mini-metrics-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const metric = (stage: string, step: number, loss = 1 / step): Metric => ({
  stage,
  step,
  loss,
  gradientNorm: 1,
  rate: 1,
  samplesPerSecond: 3,
  seconds: step,
});

/** Tags closed in order, attributes quoted, no stray signs: enough of XML for what is drawn. */
function checkXml(text: string): void {
  const open: string[] = [];
  let rest = text.trim();
  while (rest) {
    const words = /^[^<>&]+/.exec(rest);
    if (words) {
      expect(open.length, 'text outside of the picture').toBeGreaterThan(0);
      rest = rest.slice(words[0].length);
      continue;
    }
    const tag = /^<(\/?)([a-z]+)((?: [\w:-]+="[^"<>&]*")*)(\/?)>/.exec(rest);
    expect(tag, rest.slice(0, 60)).not.toBeNull();
    const [all, closing, name, attributes, empty] = tag as RegExpExecArray;
    const names = [...attributes.matchAll(/ ([\w:-]+)=/g)].map((m) => m[1]);
    expect(new Set(names).size).toBe(names.length);
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name);
    rest = rest.slice(all.length);
  }
  expect(open).toEqual([]);
}

describe('lossCurve', () => {
  it('is a well-formed picture, whatever was measured', () => {
    const cases: Metric[][] = [
      [],
      [metric('one', 20)],
      [metric('one', 20, 0), metric('one', 40, 1e-9)],
      [20, 40, 60].flatMap((step) => ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((s) => metric(s, step, 100 / step))),
    ];
    for (const metrics of cases) {
      const svg = lossCurve(metrics);
      checkXml(svg);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg.match(/<polyline/g)?.length ?? 0).toBe(new Set(metrics.map((m) => m.stage)).size);
    }
  });

  it('keeps its points inside and lower losses lower', () => {
    const svg = lossCurve([metric('a', 1, 8), metric('a', 50, 0.5), metric('a', 100, 0.02)]);
    const points = (/points="([^"]+)"/.exec(svg) as RegExpExecArray)[1].split(' ').map((p) => p.split(',').map(Number));
    expect(points).toHaveLength(3);
    for (const [x, y] of points) {
      expect(x).toBeGreaterThanOrEqual(56);
      expect(x).toBeLessThanOrEqual(900);
      expect(y).toBeGreaterThanOrEqual(16);
      expect(y).toBeLessThanOrEqual(380);
    }
    expect(points[0][1]).toBeLessThan(points[1][1]);
    expect(points[1][1]).toBeLessThan(points[2][1]);
  });
});

describe('MetricsFile', () => {
  const lines = async (): Promise<Metric[]> =>
    (await readFile(join(dir, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('goes on where an earlier run stopped', async () => {
    const first = new MetricsFile(dir);
    first.add(metric('a', 20));
    first.add({ ...metric('a', 40), 'eval/x/name': 0.5 });
    const second = new MetricsFile(dir);
    await second.rewind('a', 40);
    second.add(metric('b', 20));
    expect(second.metrics.map((m) => [m.stage, m.step])).toEqual([
      ['a', 20],
      ['a', 40],
      ['b', 20],
    ]);
    expect(await lines()).toEqual(second.metrics);
    await second.draw();
    checkXml(await readFile(join(dir, 'loss.svg'), 'utf8'));
  });

  it('forgets what a stage wrote after its saved state, and nothing of other stages', async () => {
    const file = new MetricsFile(dir);
    for (const [stage, step] of [
      ['a', 20],
      ['a', 40],
      ['b', 20],
      ['b', 40],
      ['b', 60],
    ] as const)
      file.add(metric(stage, step));
    const again = new MetricsFile(dir);
    await again.rewind('b', 39);
    expect((await lines()).map((m) => m.stage + m.step)).toEqual(['a20', 'a40', 'b20']);
    expect(again.metrics).toHaveLength(3);
  });

  it('drops a line that was half written', async () => {
    new MetricsFile(dir).add(metric('a', 20));
    for (const half of ['{"stage":"a","step":4', '{"stage":"a"}{"stage":"a","x":1}\n']) {
      await appendFile(join(dir, 'metrics.jsonl'), half);
      const again = new MetricsFile(dir);
      await again.rewind('a', 20);
      again.add(metric('a', 40));
      expect((await lines()).map((m) => m.step)).toEqual([20, 40]);
      await again.rewind('a', 20);
    }
    // A whole line that only lacks its end is kept.
    await writeFile(join(dir, 'metrics.jsonl'), JSON.stringify(metric('a', 20)));
    const again = new MetricsFile(dir);
    await again.rewind('a', 20);
    again.add(metric('a', 40));
    expect((await lines()).map((m) => m.step)).toEqual([20, 40]);
  });

  it('tells of a file it cannot write', async () => {
    const file = new MetricsFile(dir);
    await mkdir(join(dir, 'metrics.jsonl'));
    expect(() => file.add(metric('a', 20))).toThrowError(
      expect.objectContaining({
        name: 'LlavaMiniError',
        code: 'io',
        message: expect.stringContaining('metrics.jsonl'),
      }),
    );
  });
});
