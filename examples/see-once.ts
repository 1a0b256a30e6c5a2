// Look at a picture once, ask about it many times, at the same time if you like.
import { LlavaMini } from 'llava-mini';

const model = await LlavaMini.load();
const memory = await model.see('examples/pictures/coffee.png');
console.log(`${memory.width}×${memory.height} pixels became ${memory.byteLength} bytes`);

const questions = ['What is in the picture?', 'What colour is it?', 'Is there a dog?'];
const answers = await Promise.all(questions.map((question) => model.ask(memory, question)));
answers.forEach(({ text, timings }, i) => {
  console.log(`${questions[i]} ${text} (vision: ${timings.vision} ms)`);
});
