/** @file Grids over a picture: which of so many rows or columns a place lies in, and which patches a box takes. */

/** Which of `side` equal rows or columns holds a place between 0 and 1; the nearest for a place outside. */
export function cellAt(x: number, side: number): number {
  return Math.max(0, Math.min(side - 1, Math.floor(x * side)));
}

/** Whether a range holds the middle of a row or column of patches; that with the range's own middle always counts. */
export function isHeld(from: number, to: number, i: number, side: number): boolean {
  const middle = (i + 0.5) / side;
  return (from <= middle && middle < to) || i === cellAt((from + to) / 2, side);
}
