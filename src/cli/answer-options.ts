import type { Command } from 'commander';
import type { AnswerOptions } from '../runtime/answer.ts';
import { parseNumber, parseWhole } from './number-option.ts';

export interface AnswerFlags {
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  repetitionPenalty?: number;
  seed?: number;
  stop?: string[];
  system?: string;
}

/** The options that decide how an answer is made. */
export function addAnswerOptions(command: Command): Command {
  return command
    .option('--max-tokens <n>', 'longest answer in tokens (default: 512)', parseWhole)
    .option('--temperature <t>', '0 takes the likeliest token, more is more varied (default: 0)', parseNumber)
    .option('--top-p <p>', 'choose among the likeliest tokens that reach this probability (default: 1)', parseNumber)
    .option('--top-k <k>', 'choose among so many of the likeliest tokens (default: all)', parseWhole)
    .option('--repetition-penalty <x>', 'above 1 makes repeated words less likely (default: 1)', parseNumber)
    .option('--seed <n>', 'the same seed gives the same answer', parseWhole)
    .option(
      '--stop <text>',
      'ends the answer where this text would come; may be repeated',
      (text, all: string[] = []) => [...all, text],
    )
    .option('--system <text>', "takes the place of the model's own instructions");
}

/** What the flags mean to the library. */
export function answerOptions(flags: AnswerFlags): AnswerOptions {
  const { maxTokens, temperature, topP, topK, repetitionPenalty, seed, stop, system } = flags;
  return { maxTokens, temperature, topP, topK, repetitionPenalty, seed, stop, system };
}
