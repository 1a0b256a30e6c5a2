/** Lines sampled for each pixel row; coverage along a row is exact. */
const FINE = 4;

/**
 * Coverage of closed polygons (x, y pairs in pixels) on a grid, 0 to 1, by the non-zero winding rule.
 */
export function fillPolygons(contours: readonly Float32Array[], width: number, height: number): Float32Array {
  const cover = new Float32Array(width * height);
  const crossings: { x: number; turn: number }[] = [];
  for (let line = 0; line < height * FINE; line++) {
    const y = (line + 0.5) / FINE;
    crossings.length = 0;
    for (const contour of contours) {
      const last = contour.length - 2;
      let x0 = contour[last];
      let y0 = contour[last + 1];
      for (let i = 0; i < contour.length; i += 2) {
        const x1 = contour[i];
        const y1 = contour[i + 1];
        if (y0 > y !== y1 > y) crossings.push({ x: x0 + ((x1 - x0) * (y - y0)) / (y1 - y0), turn: y1 > y0 ? 1 : -1 });
        x0 = x1;
        y0 = y1;
      }
    }
    crossings.sort((a, b) => a.x - b.x);
    const row = Math.floor(line / FINE) * width;
    let winding = 0;
    for (let i = 0; i + 1 < crossings.length; i++) {
      winding += crossings[i].turn;
      if (winding !== 0) addSpan(cover, row, width, crossings[i].x, crossings[i + 1].x);
    }
  }
  for (let i = 0; i < cover.length; i++) cover[i] = Math.min(1, cover[i]);
  return cover;
}

function addSpan(cover: Float32Array, row: number, width: number, from: number, to: number): void {
  const left = Math.max(0, from);
  const right = Math.min(width, to);
  for (let x = Math.floor(left); x < right; x++) cover[row + x] += (Math.min(x + 1, right) - Math.max(x, left)) / FINE;
}
