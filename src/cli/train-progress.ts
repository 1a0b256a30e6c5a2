import { SingleBar } from 'cli-progress';
import type { LoopProgress } from '../train/loop.ts';
import { formatDuration } from './format.ts';
import { StatusLine, writeNote } from './terminal.ts';

/** Without a terminal, one line in so many milliseconds. */
const LINE_EVERY_MS = 60_000;

/** How far a training is: a bar on a terminal, otherwise a line now and then; always on stderr. */
export class TrainProgress {
  private readonly pictures = new StatusLine();
  private bar: SingleBar | null = null;
  private stage = '';
  private written = Number.NEGATIVE_INFINITY;

  show(state: LoopProgress): void {
    if (process.stderr.isTTY) this.draw(state);
    else if (state.step === state.steps || performance.now() - this.written >= LINE_EVERY_MS) {
      this.written = performance.now();
      const { loss, speed, left } = shown(state);
      writeNote(`${state.stage}: step ${state.step} of ${state.steps}, loss ${loss}, ${speed} samples/s, ${left} left`);
    }
  }

  showPictures(stage: string, done: number, total: number): void {
    if (process.stderr.isTTY) {
      this.pictures.set(`${stage}: ${done} of ${total} pictures`);
      if (done === total) this.pictures.clear();
    } else if (done === total || performance.now() - this.written >= LINE_EVERY_MS) {
      this.written = performance.now();
      writeNote(`${stage}: ${done} of ${total} pictures`);
    }
  }

  /** A line above the bar. */
  note(text: string): void {
    this.end();
    writeNote(text);
  }

  end(): void {
    this.pictures.clear();
    this.bar?.stop();
    this.bar = null;
  }

  private draw(state: LoopProgress): void {
    if (state.stage !== this.stage) this.end();
    this.stage = state.stage;
    if (!this.bar) {
      this.bar = new SingleBar({
        stream: process.stderr,
        format: '{stage} {bar} {value}/{total}  loss {loss}  {speed} samples/s  {left} left',
        hideCursor: true,
        // Ctrl-C is ours: the state is saved first.
        gracefulExit: false,
      });
      this.bar.start(state.steps, state.step, { stage: state.stage, ...shown(state) });
    } else this.bar.update(state.step, shown(state));
  }
}

function shown(state: LoopProgress): { loss: string; speed: string; left: string } {
  return {
    loss: state.loss.toPrecision(3),
    speed: state.samplesPerSecond.toPrecision(3),
    left: formatDuration(state.secondsLeft),
  };
}
