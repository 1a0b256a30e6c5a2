import { LlavaMiniError } from '../errors.ts';

/** More than a week: a rate that gives more is damaged. */
const MAX_SECONDS = 1_000_000;

/**
 * Which frames of a video are looked at: as many as it has whole seconds, each the middle of one of as many equal
 * segments (reference: `load_video`). A video under one second gives its middle frame; the reference fails there.
 *
 * @param total frames in the video
 * @param rate frames a second
 * @returns indices in time order, 0 … total − 1; under one frame a second they repeat, as in the reference
 * @throws LlavaMiniError `bad-video` for a video without frames or without a usable rate
 */
export function frameIndices(total: number, rate: number): number[] {
  if (!(Number.isSafeInteger(total) && total > 0)) throw new LlavaMiniError('bad-video', 'the video has no frames');
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new LlavaMiniError('bad-video', `the video says it has ${rate} frames a second`);
  const count = Math.max(1, wholeTimes(total, rate));
  if (count > MAX_SECONDS)
    throw new LlavaMiniError('bad-video', `the video says it is ${count} seconds long`, {
      hint: `videos up to ${MAX_SECONDS} seconds are read`,
    });
  const segment = (total - 1) / count;
  return Array.from({ length: count }, (_, i) =>
    Math.floor((roundHalfEven(segment * i) + roundHalfEven(segment * (i + 1))) / 2),
  );
}

/** Python's `total // rate`: by the exact remainder, so a quotient that only rounds up to an integer does not count. */
function wholeTimes(total: number, rate: number): number {
  return Math.round((total - (total % rate)) / rate);
}

/** NumPy's rounding, which decides some frames. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
