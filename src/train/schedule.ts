/** Warm-up, then cosine down to `floor`: the factor on every learning rate at a step (0-based). */
export function scheduleRate(step: number, steps: number, warmup: number, floor = 0.02): number {
  if (step < warmup) return (step + 1) / warmup;
  const t = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * t));
}
