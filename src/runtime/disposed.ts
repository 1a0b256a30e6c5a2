import { LlavaMiniError } from '../errors.ts';

/** For whatever is asked of a model that was disposed of. */
export function disposedError(): LlavaMiniError {
  return new LlavaMiniError('bad-argument', 'the model was disposed of', { hint: 'load it again' });
}
