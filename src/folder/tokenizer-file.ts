import { join } from 'node:path';
import { existsInside } from '../checkpoint/weight-files.ts';
import { LlavaMiniError } from '../errors.ts';

/** Read by `loadTokenizer`. */
const FILES = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];
/** Of tokenizers that only Python reads: SentencePiece's and the older form of BPE. */
const OTHER_FORMS = ['tokenizer.model', 'vocab.json'];

/**
 * Checks that a model has a tokenizer of the form that is read here, before anything long is done with its weights.
 *
 * @param needed false: a folder without any tokenizer will do, as one that holds weights alone
 * @throws LlavaMiniError `bad-model` with what makes a tokenizer.json; `bad-checkpoint` for a link that leads out
 */
export async function checkTokenizer(dir: string, needed: boolean): Promise<void> {
  const there = new Set<string>();
  for (const name of [...FILES, ...OTHER_FORMS]) if (await existsInside(dir, join(dir, name))) there.add(name);
  if (there.has('tokenizer.json')) return;
  const other = OTHER_FORMS.find((name) => there.has(name));
  if (other === undefined && !needed) return;
  throw new LlavaMiniError('bad-model', `${dir} has no tokenizer.json${other ? `, only ${other}` : ''}`, {
    hint: other
      ? `make one in Python, once: from transformers import ${other === 'vocab.json' ? 'AutoTokenizer as T' : 'LlamaTokenizerFast as T'}; T.from_pretrained(dir).save_pretrained(dir)`
      : 'a model folder needs config.json, model.safetensors, tokenizer.json and tokenizer_config.json',
  });
}
