// The compressor's attention as a map: which parts of the picture went into the vision token.
import { LlavaMini } from 'llava-mini';

const model = await LlavaMini.load();
const memory = await model.see('examples/pictures/cat.png');
const { weights, side } = memory.attention();
const most = Math.max(...weights.subarray(0, side * side));
for (let row = 0; row < side; row++) {
  const cells = Array.from(weights.subarray(row * side, (row + 1) * side));
  console.log(cells.map((weight) => ' ░▒▓█'[Math.round((4 * weight) / most)].repeat(2)).join(''));
}
