import { expect, test } from 'vitest';
import { ProgressMeter, type PullProgress } from './progress.ts';

test('speed and time left come from the last seconds, and not from what was there before', () => {
  let now = 0;
  const reports: PullProgress[] = [];
  const meter = new ProgressMeter(
    10_000,
    (progress) => reports.push(progress),
    () => now,
  );
  meter.found(4000);
  meter.add(0, 'a');
  expect(reports[0]).toMatchObject({ bytes: 4000, bytesPerSecond: 0, secondsLeft: undefined });
  for (now = 10; now <= 2000; now += 10) meter.add(10, 'a');
  expect(reports.length).toBeLessThanOrEqual(21);
  const last = reports[reports.length - 1];
  expect(last.bytesPerSecond).toBeCloseTo(1000, -2);
  expect(last.secondsLeft).toBeCloseTo((10_000 - last.bytes) / last.bytesPerSecond, 5);
  for (now = 2010; now <= 20_000; now += 10) meter.add(1, 'b');
  expect(reports[reports.length - 1].bytesPerSecond).toBeCloseTo(100, -1);
  meter.add(10_000 - reports[reports.length - 1].bytes, 'b');
  meter.end('b');
  expect(reports[reports.length - 1]).toMatchObject({ phase: 'checking', file: 'b', secondsLeft: 0 });
});

test('without a listener nothing happens', () => {
  const meter = new ProgressMeter(10);
  meter.add(10, 'a');
  meter.end('a');
});
