// The answer while it is made, and what it took.
import { LlavaMini } from 'llava-mini';

const model = await LlavaMini.load();
const stream = model.stream('examples/pictures/cat.png', 'Describe the picture.', { maxTokens: 64 });
for await (const piece of stream) process.stdout.write(piece);
const { usage, timings } = await stream.result;
console.log(`\n${usage.answerTokens} tokens, the first one after ${Math.round(timings.firstToken)} ms`);
