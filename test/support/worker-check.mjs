// Run by runtime-worker.test.ts in a process of its own: what a program sees of the engine's thread.
import { LlavaMini } from '../../dist/index.js';

const [what, dir, number] = process.argv.slice(2);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const CAT = 'examples/pictures/cat.png';

const scenarios = {
  /** The caller's thread stays free; the process ends by itself though the model was not disposed of. */
  async free() {
    const model = await LlavaMini.load(dir, { threads: 1 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const memory = await model.see(CAT);
    const start = performance.now();
    const answer = await model.ask(memory, 'what is this?', { maxTokens: 300, stop: [] });
    clearInterval(timer);
    say({ tokens: answer.tokens, ticks, elapsed: performance.now() - start });
  },
  /** Many at once, aborts and errors, then disposal. */
  async mixed() {
    const model = await LlavaMini.load(dir, { threads: 1 });
    const memory = await model.see(CAT);
    const ask = (i) => model.ask(i % 2 ? memory : null, `question ${i}`, { maxTokens: 10 + i });
    const alone = [];
    for (let i = 0; i < 6; i++) alone.push((await ask(i)).tokens);
    const abort = new AbortController();
    const cancelled = model.ask(memory, 'go on', { maxTokens: 400, signal: abort.signal }).catch((e) => e.message);
    const together = Promise.all([0, 1, 2, 3, 4, 5].map((i) => ask(i)));
    setTimeout(() => abort.abort(new Error('enough')), 10);
    const tooLong = await model.ask(memory, 'word '.repeat(10_000)).catch((e) => [e.name, e.code, Boolean(e.hint)]);
    const tokens = (await together).map((a) => a.tokens);
    await model.dispose();
    const disposed = await model.ask(null, 'hi').catch((e) => e.code);
    say({ same: JSON.stringify(tokens) === JSON.stringify(alone), cancelled: await cancelled, tooLong, disposed });
  },
  /** The thread dies: its jobs fail with a typed error, the next call starts another. */
  async crash() {
    const model = await LlavaMini.load(dir, { threads: 1 });
    const memory = await model.see(CAT);
    const before = await model.ask(memory, 'what is this?', { maxTokens: 8 });
    const failing = model.ask(memory, 'go on', { maxTokens: 400 }).catch((e) => [e.name, e.code, Boolean(e.hint)]);
    setTimeout(() => model.engine.started.worker.post(null), 5);
    const failed = await failing;
    const after = await model.ask(memory, 'what is this?', { maxTokens: 8 });
    say({ failed, same: before.text === after.text });
  },
  /** process.exit() while the engine is at work. */
  async exit() {
    setTimeout(() => process.exit(7), Number(number));
    const model = await LlavaMini.load(dir, { threads: 1 });
    for (;;) await model.ask(CAT, 'go on', { maxTokens: 400 });
  },
  /** Loading is cancelled. */
  async cancel() {
    const signal = AbortSignal.timeout(Number(number));
    say(
      await LlavaMini.load(dir, { threads: 1, signal }).then(
        () => 'loaded',
        (e) => e.name,
      ),
    );
  },
  /** A model folder that cannot be used: the error is the engine's own, from the other thread. */
  async broken() {
    say(await LlavaMini.load(dir).catch((e) => [e.name, e.code, Boolean(e.hint), e.message]));
  },
};

await scenarios[what]();
