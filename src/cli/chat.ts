import type { Command } from 'commander';
import { checkAnswerOptions } from '../runtime/answer.ts';
import { type AnswerFlags, addAnswerOptions, answerOptions } from './answer-options.ts';
import { CHAT_HELP, ChatSession } from './chat-session.ts';
import { addExamples } from './examples.ts';
import { interruptible } from './interrupt.ts';
import { addModelOptions, loadModel, type ModelFlags } from './model-option.ts';
import { readPicture, STDIN } from './read-picture.ts';

/** `llava-mini chat [PICTURE…]` */
export function addChatCommand(program: Command): void {
  const command = program
    .command('chat')
    .summary('talk about pictures, several questions in a row')
    .description(
      `Talks about pictures: each line is a question, and what was said before is remembered.\n\n${CHAT_HELP}\n\nCtrl-C stops an answer; between answers it ends the chat.`,
    )
    .usage('[options] [PICTURE…]')
    .argument('[pictures...]', 'pictures to begin with (paths or http(s) addresses)');
  addAnswerOptions(addModelOptions(command));
  addExamples(command, [
    ['llava-mini chat cat.jpg', 'talk about a file'],
    ['printf "What is this?\\nWhat colour is it?\\n" | llava-mini chat cat.jpg', 'two questions from a pipe'],
  ]);
  command.action(async (names: string[], flags: ModelFlags & AnswerFlags) => {
    if (names.includes(STDIN)) command.error('error: standard input holds the questions, not a picture');
    const options = answerOptions(flags);
    checkAnswerOptions(options);
    const model = await interruptible((signal) => loadModel(flags, signal));
    try {
      const conversation = model.conversation(options);
      await interruptible(async (signal) => {
        for (const name of names) await conversation.show(await readPicture(name, signal));
      });
      await new ChatSession(conversation).run();
    } finally {
      await model.dispose();
    }
  });
}
