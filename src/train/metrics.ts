import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError, writeFileAtomic } from '../util/atomic-file.ts';

export interface Metric {
  stage: string;
  step: number;
  loss: number;
  gradientNorm: number;
  rate: number;
  samplesPerSecond: number;
  /** Seconds of training so far in this stage. */
  seconds: number;
  [score: `eval/${string}`]: number;
}

/** `metrics.jsonl` and `loss.svg` of a run. */
export class MetricsFile {
  private readonly dir: string;
  private readonly path: string;
  private all: Metric[] = [];
  /** The file holds a line that a killed run left half written. */
  private broken = false;

  constructor(dir: string) {
    this.dir = dir;
    this.path = join(dir, 'metrics.jsonl');
    if (!existsSync(this.path)) return;
    const text = readFileSync(this.path, 'utf8');
    for (const line of text.split('\n').filter(Boolean)) {
      try {
        this.all.push(JSON.parse(line));
      } catch {
        this.broken = true;
      }
    }
    this.broken ||= text !== '' && !text.endsWith('\n');
  }

  get metrics(): readonly Metric[] {
    return this.all;
  }

  /** @throws LlavaMiniError `no-space`, `io` */
  add(metric: Metric): void {
    this.all.push(metric);
    try {
      appendFileSync(this.path, `${JSON.stringify(metric)}\n`);
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  /** Forgets what a stage wrote after a step: a run that was killed goes on from its last saved state. */
  async rewind(stage: string, step: number): Promise<void> {
    const kept = this.all.filter((m) => m.stage !== stage || m.step <= step);
    if (kept.length === this.all.length && !this.broken) return;
    await writeFileAtomic(this.path, kept.map((m) => `${JSON.stringify(m)}\n`).join(''));
    this.all = kept;
    this.broken = false;
  }

  async draw(): Promise<void> {
    await writeFileAtomic(join(this.dir, 'loss.svg'), lossCurve(this.all));
  }
}

const PALETTE = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#3ca951', '#a463f2'];

/** A loss curve per stage, logarithmic in the loss, as an SVG picture. */
export function lossCurve(metrics: readonly Metric[]): string {
  const [w, h, left, bottom] = [900, 420, 56, 40];
  const stages = [...new Set(metrics.map((m) => m.stage))];
  const losses = metrics.map((m) => Math.max(m.loss, 1e-4));
  const low = Math.log10(Math.min(...losses, 1)) - 0.05;
  const high = Math.log10(Math.max(...losses, 0.1)) + 0.05;
  const last = Math.max(1, ...metrics.map((m) => m.step));
  const x = (step: number): string => (left + ((w - left - 16) * step) / last).toFixed(1);
  const y = (loss: number): string =>
    (16 + ((h - bottom - 16) * (high - Math.log10(Math.max(loss, 1e-4)))) / (high - low)).toFixed(1);
  const ticks = [0.01, 0.03, 0.1, 0.3, 1, 3, 10].filter((t) => Math.log10(t) > low && Math.log10(t) < high);
  const grid = ticks.map(
    (t) =>
      `<line x1="${left}" x2="${w - 16}" y1="${y(t)}" y2="${y(t)}" stroke="#ddd"/><text x="${left - 8}" y="${y(t)}" text-anchor="end" dominant-baseline="middle">${t}</text>`,
  );
  const lines = stages.map((stage, i) => {
    const points = metrics.filter((m) => m.stage === stage).map((m) => `${x(m.step)},${y(m.loss)}`);
    const colour = PALETTE[i % PALETTE.length];
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(' ')}"/><text x="${w - 24}" y="${28 + 18 * i}" text-anchor="end" fill="${colour}">${stage}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="13"><rect width="${w}" height="${h}" fill="#fff"/>${grid.join('')}${lines.join('')}<text x="${w / 2}" y="${h - 8}" text-anchor="middle">step (of ${last})</text><text x="14" y="${h / 2}" transform="rotate(-90 14 ${h / 2})" text-anchor="middle">loss</text></svg>\n`;
}
