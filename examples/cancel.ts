// Errors say what to do, and anything can be cancelled.
import { LlavaMini, LlavaMiniError } from 'llava-mini';

const model = await LlavaMini.load();
try {
  await model.ask('examples/pictures/no-such-picture.png', 'What is this?');
} catch (error) {
  if (!(error instanceof LlavaMiniError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}

const abort = new AbortController();
const stream = model.stream('examples/pictures/cat.png', 'Describe the picture.', { signal: abort.signal });
try {
  for await (const _ of stream) abort.abort(new Error('one word is enough'));
} catch (error) {
  console.log((error as Error).message);
}
await model.dispose();
