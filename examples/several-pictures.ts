// One question about two pictures; one of them is given as bytes.
import { readFile } from 'node:fs/promises';
import { LlavaMini } from 'llava-mini';

const model = await LlavaMini.load();
const pictures = ['examples/pictures/cat.png', await readFile('examples/pictures/coffee.png')];
const { text, usage } = await model.ask(pictures, 'What is in the pictures?', { maxTokens: 64 });
console.log(`${text} (${usage.visionTokens} vision tokens)`);
