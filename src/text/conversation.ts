import { LlavaMiniError } from '../errors.ts';
import type { Segment } from './added-tokens.ts';
import { type PromptPiece, renderChatTemplate } from './chat-template.ts';
import { type Message, type Turn, toTurns } from './messages.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** Stands for a picture in token ids (the reference's IMAGE_TOKEN_INDEX). */
export const IMAGE_TOKEN = -200;

/** Stands for a picture in prompt text. */
export const IMAGE_TEXT = '<image>';

/** How messages become one prompt. */
export type ConversationName = 'llava_llama_3_1' | 'vicuna_v1' | 'llava_v1' | 'template';

export const CONVERSATIONS: readonly ConversationName[] = ['llava_llama_3_1', 'vicuna_v1', 'llava_v1', 'template'];

/** The system texts that the published models were trained with; a model's own template brings its own or none. */
const SYSTEM_TEXT: Record<ConversationName, string | undefined> = {
  llava_llama_3_1:
    'You are a helpful language and vision assistant. You are able to understand the visual content that the user provides, and assist the user with a variety of tasks using natural language.',
  vicuna_v1:
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.",
  llava_v1:
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the human's questions.",
  template: undefined,
};

const VICUNA_END = '</s>';

export interface Prompt {
  /** Token ids, {@link IMAGE_TOKEN} in each picture's place. */
  ids: number[];
  /** The same for reading, `<image>` in each picture's place. */
  text: string;
}

export interface PromptOptions {
  /**
   * Whether to ask a chat template for the header that an answer follows. Default: yes, unless the last message is
   * the assistant's. Some templates write it in any case.
   */
  generationPrompt?: boolean;
}

/**
 * Makes a prompt of messages, token for token as the reference does (conversation.py and mm_utils.py of LLaVA):
 * the text is cut at the pictures, each piece is encoded by itself, and what the tokenizer adds to a text comes
 * once, at the start. The Llama 3.1 prompt therefore starts with two beginning-of-text tokens (its template writes
 * one, its tokenizer adds one), as in training.
 *
 * Where we part from the reference: `<image>` and special-token strings in messages stay text.
 *
 * @param conversation a system message takes the place of its default system text
 * @throws LlavaMiniError `bad-argument` for messages that make no sense, `bad-model` for an unusable chat template
 */
export function buildPrompt(
  tokenizer: TextTokenizer,
  conversation: ConversationName,
  messages: readonly Message[],
  options: PromptOptions = {},
): Prompt {
  if (!CONVERSATIONS.includes(conversation))
    throw new LlavaMiniError('bad-argument', `unknown conversation ${JSON.stringify(conversation)}`, {
      hint: `known are ${CONVERSATIONS.join(', ')}`,
    });
  const turns = withSystem(toTurns(messages), SYSTEM_TEXT[conversation]);
  const isOpen = options.generationPrompt ?? turns.at(-1)?.role !== 'assistant';
  const pieces =
    conversation === 'vicuna_v1' || conversation === 'llava_v1'
      ? vicunaPieces(turns, isOpen)
      : renderChatTemplate(tokenizer, turns, isOpen);
  return {
    ids: encodePieces(tokenizer, pieces),
    text: pieces.map((piece) => (piece.type === 'image' ? IMAGE_TEXT : piece.text)).join(''),
  };
}

/**
 * What ends an answer in a conversation: token ids (never part of the answer's text), and strings for tokenizers
 * that have no such token.
 */
export function stopsOf(
  tokenizer: TextTokenizer,
  conversation: ConversationName,
): { ids: number[]; strings: string[] } {
  const isVicuna = conversation === 'vicuna_v1' || conversation === 'llava_v1';
  const names = isVicuna ? [VICUNA_END] : ['<|eot_id|>', '<|eom_id|>', '<|end_of_text|>'];
  const ids = [tokenizer.eosId, ...names.map((name) => tokenizer.idOf(name))].filter((id) => id !== undefined);
  return {
    ids: [...new Set(ids)],
    strings: isVicuna && tokenizer.idOf(VICUNA_END) === undefined ? [VICUNA_END] : [],
  };
}

function withSystem(turns: Turn[], text: string | undefined): Turn[] {
  if (text === undefined || turns[0].role === 'system') return turns;
  return [{ role: 'system', parts: [{ type: 'text', text }] }, ...turns];
}

/** `System USER: question ASSISTANT: answer</s>USER: …`, contents as they are. */
function vicunaPieces(turns: readonly Turn[], isOpen: boolean): PromptPiece[] {
  const markup = (text: string): PromptPiece => ({ type: 'text', text, trusted: true });
  const pieces = turns.flatMap(({ role, parts }): PromptPiece[] => {
    const content = parts.map((part): PromptPiece => (part.type === 'text' ? { ...part, trusted: false } : part));
    if (role === 'system') return [...content, markup(' ')];
    if (role === 'user') return [markup('USER: '), ...content, markup(' ')];
    return [markup('ASSISTANT: '), ...content, markup(VICUNA_END)];
  });
  return isOpen ? [...pieces, markup('ASSISTANT:')] : pieces;
}

function encodePieces(tokenizer: TextTokenizer, pieces: readonly PromptPiece[]): number[] {
  const ids = [...tokenizer.prefixIds];
  let segments: Segment[] = [];
  const flush = (): void => {
    for (const id of tokenizer.encodeSegments(segments)) ids.push(id);
    segments = [];
  };
  for (const piece of pieces) {
    if (piece.type === 'text') segments.push(piece);
    else {
      flush();
      ids.push(IMAGE_TOKEN);
    }
  }
  flush();
  return ids;
}
