import { afterEach, expect, test, vi } from 'vitest';
import type { LoopProgress } from '../train/loop.ts';
import { TrainProgress } from './train-progress.ts';

const ESCAPE = '\u001b[';
const wasTty = process.stderr.isTTY;
let written = '';

function stderr(isTTY: boolean): void {
  written = '';
  process.stderr.isTTY = isTTY;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
}

afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = wasTty;
});

const at = (step: number, stage = 'learn'): LoopProgress => ({
  stage,
  step,
  steps: 40,
  loss: 1.2345,
  samplesPerSecond: 87.6,
  secondsLeft: 75,
});

test('on a terminal a bar shows stage, steps, loss, speed and what is left, and is closed before a line and another stage', () => {
  stderr(true);
  const progress = new TrainProgress();
  progress.show(at(10));
  expect(written).toContain('learn ');
  expect(written).toContain('10/40  loss 1.23  87.6 samples/s  1 min 15 s left');
  progress.note('learn: 12.5 % of held-out answers are right');
  expect(written).toMatch(/left[^\n]*\n/);
  expect(written.endsWith('learn: 12.5 % of held-out answers are right\n')).toBe(true);
  progress.show(at(11));
  progress.show(at(1, 'naming'));
  expect(written).toContain('naming ');
  const [hidden, shown] = [`${ESCAPE}?25l`, `${ESCAPE}?25h`].map((code) => written.split(code).length - 1);
  expect([hidden, shown]).toEqual([3, 2]);
  progress.end();
  expect(written.split(`${ESCAPE}?25h`).length - 1).toBe(3);
});

test('on a terminal pictures are counted in one line, which goes when all are made', () => {
  vi.useFakeTimers();
  try {
    stderr(true);
    const progress = new TrainProgress();
    progress.showPictures('scenes', 3, 9);
    expect(written).toBe('');
    vi.advanceTimersByTime(1000);
    progress.showPictures('scenes', 4, 9);
    expect(written).toBe(`\r${ESCAPE}Kscenes: 3 of 9 pictures\r${ESCAPE}Kscenes: 4 of 9 pictures`);
    progress.showPictures('scenes', 9, 9);
    expect(written.endsWith(`\r${ESCAPE}K`)).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test('elsewhere there is a line at first, at most one a minute, and one at the end, without escapes', () => {
  stderr(false);
  const progress = new TrainProgress();
  for (let step = 1; step <= 40; step++) progress.show(at(step));
  progress.showPictures('scenes', 4, 9);
  progress.showPictures('scenes', 9, 9);
  progress.end();
  expect(written).toBe(
    [
      'learn: step 1 of 40, loss 1.23, 87.6 samples/s, 1 min 15 s left',
      'learn: step 40 of 40, loss 1.23, 87.6 samples/s, 1 min 15 s left',
      'scenes: 9 of 9 pictures',
      '',
    ].join('\n'),
  );
});
