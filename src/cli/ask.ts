import type { Command } from 'commander';
import { type Answer, type AnswerOptions, checkAnswerOptions } from '../runtime/answer.ts';
import type { LlavaMini } from '../runtime/llava-mini.ts';
import { type AnswerFlags, addAnswerOptions, answerOptions } from './answer-options.ts';
import { addExamples } from './examples.ts';
import { interruptible } from './interrupt.ts';
import { addModelOptions, loadModel, type ModelFlags } from './model-option.ts';
import { readPicture, STDIN } from './read-picture.ts';
import { writeAnswer, writeNote } from './terminal.ts';

interface AskFlags extends ModelFlags, AnswerFlags {
  json?: boolean;
}

/** Below this confidence a note on a terminal says that the answer is little more than a guess. */
const UNSURE = 0.4;

/** `llava-mini ask PICTURE… QUESTION` */
export function addAskCommand(program: Command): void {
  const command = program
    .command('ask')
    .summary('answer a question about pictures')
    .description('Answers a question about one or more pictures. The answer goes to standard output.')
    .usage('[options] PICTURE… QUESTION')
    .argument('<inputs...>', 'pictures (paths, http(s) addresses, or - for standard input), and last the question')
    .option('--json', 'print one JSON object: answer, tokens, milliseconds of each phase');
  addAnswerOptions(addModelOptions(command));
  addExamples(command, [
    ['llava-mini ask cat.jpg "What is in the picture?"', 'ask about a file'],
    ['llava-mini ask before.png after.png "What changed?"', 'ask about two pictures at once'],
    ['curl -s https://example.com/cat.jpg | llava-mini ask - "What is this?"', 'read the picture from a pipe'],
    ['llava-mini ask cat.jpg "What colour is it?" --json', 'for a program: the answer and how long each phase took'],
  ]);
  command.action(async (inputs: string[], flags: AskFlags) => {
    const names = inputs.slice(0, -1);
    const question = inputs[inputs.length - 1];
    if (names.length === 0) command.error('error: give at least one picture, and then the question');
    if (names.filter((name) => name === STDIN).length > 1)
      command.error('error: standard input holds one picture only');
    await interruptible((signal) => ask(names, question, flags, signal));
  });
}

async function ask(names: string[], question: string, flags: AskFlags, signal: AbortSignal): Promise<void> {
  const options: AnswerOptions = answerOptions(flags);
  checkAnswerOptions(options);
  // A picture that cannot be read must not leave a model behind that is still loading.
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const loading = loadModel(flags, both);
  try {
    const start = performance.now();
    const reading = Promise.all(names.map((name) => readPicture(name, both))).then((pictures) => ({
      pictures,
      decode: performance.now() - start,
    }));
    const [model, { pictures, decode }] = await Promise.all([loading, reading]);
    const stream = model.stream(pictures, question, { ...options, signal });
    if (!flags.json) for await (const piece of stream) writeAnswer(piece);
    const answer = await stream.result;
    writeAnswer(flags.json ? `${JSON.stringify(report(model, answer, decode))}\n` : '\n');
    if (!flags.json && process.stderr.isTTY && answer.confidence < UNSURE)
      writeNote(`(unsure of this answer: confidence ${answer.confidence.toFixed(2)})`);
  } finally {
    failed.abort();
    await loading.then(
      (model) => model.dispose(),
      () => {},
    );
  }
}

function report(model: LlavaMini, answer: Answer, decode: number): Record<string, unknown> {
  const milliseconds = Object.entries({ ...answer.timings, decode }).map(([phase, ms]) => [
    phase,
    Number(ms.toFixed(2)),
  ]);
  return {
    answer: answer.text,
    confidence: Number(answer.confidence.toFixed(4)),
    tokens: answer.tokens.length,
    tokenIds: answer.tokens,
    finishReason: answer.finishReason,
    usage: answer.usage,
    milliseconds: Object.fromEntries(milliseconds),
    model: model.info.dir,
    dtype: model.info.dtype,
  };
}
