// One question about one picture.
import { LlavaMini } from 'llava-mini';

const model = await LlavaMini.load();
const { text } = await model.ask('examples/pictures/cat.png', 'What is in the picture?');
console.log(text);
