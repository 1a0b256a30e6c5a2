import { LlavaMiniError } from '../errors.ts';

export type Role = 'system' | 'user' | 'assistant';

/** A piece of a message: text as it is, or the place of a picture. */
export type ContentPart = { type: 'text'; text: string } | { type: 'image' };

/** One turn. In text, `<image>` and the names of special tokens are ordinary characters. */
export interface Message {
  role: Role;
  content: string | ContentPart[];
}

/**
 * A question with its pictures in front, each on a line of its own: where the models were trained to see them.
 *
 * @param pictures how many
 */
export function userMessage(text: string, pictures = 0): Message {
  if (pictures === 0) return { role: 'user', content: text };
  const places = Array.from({ length: pictures }, (): ContentPart[] => [
    { type: 'image' },
    { type: 'text', text: '\n' },
  ]);
  return { role: 'user', content: [...places.flat(), { type: 'text', text }] };
}

/** A checked message: adjacent texts joined, empty ones left out. */
export interface Turn {
  role: Role;
  parts: ContentPart[];
}

/**
 * Checks messages that may come from outside.
 *
 * @throws LlavaMiniError `bad-argument` for no messages, unknown roles, a system message that is not the first, or
 * content of another form
 */
export function toTurns(messages: readonly Message[]): Turn[] {
  const fail = (message: string): never => {
    throw new LlavaMiniError('bad-argument', message);
  };
  if (!Array.isArray(messages) || messages.length === 0) fail('there must be at least one message');
  return messages.map((message, index) => {
    const { role, content } = message ?? {};
    if (role !== 'system' && role !== 'user' && role !== 'assistant')
      fail(`message ${index + 1}: the role must be system, user or assistant, not ${JSON.stringify(role)}`);
    if (role === 'system' && index > 0) fail(`message ${index + 1}: only the first message can be the system's`);
    const parts: ContentPart[] = [];
    const list = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content;
    for (const part of Array.isArray(list) ? list : [undefined]) {
      if (part?.type === 'image') parts.push({ type: 'image' });
      else if (part?.type === 'text' && typeof part.text === 'string') {
        const last = parts.at(-1);
        if (last?.type === 'text') last.text += part.text;
        else if (part.text !== '') parts.push({ type: 'text', text: part.text });
      } else
        fail(`message ${index + 1}: content must be a text, or a list of {type: 'text', text} and {type: 'image'}`);
    }
    return { role, parts };
  });
}
