import { cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** Where a measurement was made, and what else went on there. */
export interface Machine {
  cpu: string;
  cores: number;
  /** Share of all cores that was in use while this process slept, before and after the measurement; 0 to 1. */
  busy: number[];
  /** Whether that was little enough for the figures to mean anything. */
  quiet: boolean;
}

const QUIET = 0.05;

/** Looks for a second at what others do with the cores. Call it when no engine of ours has just run. */
async function busyShare(): Promise<number> {
  const sum = (): { idle: number; all: number } => {
    const times = cpus().map((core) => core.times);
    const all = times.reduce((total, t) => total + t.user + t.nice + t.sys + t.idle + t.irq, 0);
    return { idle: times.reduce((total, t) => total + t.idle, 0), all };
  };
  await setTimeout(300);
  const before = sum();
  await setTimeout(1000);
  const after = sum();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

/**
 * Call it before a measurement, and what it returns after it.
 *
 * llama.cpp's threads wait for each other busily, so that one other busy process can cost it nearly all of its speed
 * while ours loses a part: ratios from a busy machine flatter us.
 */
export async function watchMachine(): Promise<() => Promise<Machine>> {
  const before = await busyShare();
  if (before > QUIET) process.stderr.write(busyNote([before]));
  return async () => {
    const busy = [before, await busyShare()];
    const [{ model }] = cpus();
    return { cpu: model, cores: cpus().length, busy, quiet: busy.every((share) => share <= QUIET) };
  };
}

export const busyNote = (busy: readonly number[]): string =>
  `NOT VALID: others used ${busy.map((share) => `${(100 * share).toFixed(0)} %`).join(' and ')} of the machine; ratios measured so are wrong, mostly in our favour\n`;
