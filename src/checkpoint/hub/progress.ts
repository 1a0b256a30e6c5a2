/** How far a download is. */
export interface PullProgress {
  readonly phase: 'downloading' | 'checking';
  /** The file last worked on. */
  readonly file: string;
  /** Bytes that are there, of all files together; earlier runs' included. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Over the last few seconds. */
  readonly bytesPerSecond: number;
  /** Undefined until there is a speed. */
  readonly secondsLeft: number | undefined;
}

const WINDOW_MS = 5000;
const REPORT_MS = 100;
/** A shorter time says nothing about the speed. */
const MEASURABLE_MS = 200;

/** Adds up what arrives and reports it, at most ten times a second. */
export class ProgressMeter {
  private bytes = 0;
  private readonly samples: { at: number; bytes: number }[] = [];
  private reported = Number.NEGATIVE_INFINITY;
  private readonly totalBytes: number;
  private readonly report: ((progress: PullProgress) => void) | undefined;
  private readonly now: () => number;

  constructor(
    totalBytes: number,
    report?: (progress: PullProgress) => void,
    now: () => number = () => performance.now(),
  ) {
    this.totalBytes = totalBytes;
    this.report = report;
    this.now = now;
  }

  /** Bytes that were there before we began; they do not count for the speed. */
  found(bytes: number): void {
    this.bytes += bytes;
    for (const sample of this.samples) sample.bytes += bytes;
  }

  /** Bytes that just arrived; negative when they turned out useless. */
  add(bytes: number, file: string): void {
    if (this.samples.length === 0) this.samples.push({ at: this.now(), bytes: this.bytes });
    this.bytes += bytes;
    this.tell('downloading', file);
  }

  checking(file: string): void {
    this.tell('checking', file);
  }

  /** The last report, whatever the time. */
  end(file: string): void {
    this.reported = Number.NEGATIVE_INFINITY;
    this.tell('checking', file);
  }

  private tell(phase: PullProgress['phase'], file: string): void {
    const at = this.now();
    if (!this.report || at - this.reported < REPORT_MS) return;
    this.reported = at;
    this.samples.push({ at, bytes: this.bytes });
    while (this.samples.length > 2 && at - this.samples[0].at > WINDOW_MS) this.samples.shift();
    const [first] = this.samples;
    const speed =
      at - first.at >= MEASURABLE_MS ? Math.max(0, ((this.bytes - first.bytes) / (at - first.at)) * 1000) : 0;
    const left = this.totalBytes - this.bytes;
    this.report({
      phase,
      file,
      bytes: this.bytes,
      totalBytes: this.totalBytes,
      bytesPerSecond: speed,
      secondsLeft: left <= 0 ? 0 : speed > 0 ? left / speed : undefined,
    });
  }
}
