// A chat that remembers what was said and shown.
import { LlavaMini } from 'llava-mini';

const model = await LlavaMini.load();
const chat = model.conversation({ maxTokens: 64 });
await chat.show('examples/pictures/cat.png');
for (const question of ['What is this?', 'What colour is it?']) {
  console.log(`> ${question}`);
  for await (const piece of chat.ask(question)) process.stdout.write(piece);
  console.log();
}
