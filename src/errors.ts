/**
 * The one error type that leaves this package. `code` is for programs, `message` says what is wrong,
 * `hint` says what to do. Cancellation is not an error of ours: it throws the signal's own reason.
 */
export type ErrorCode =
  | 'bad-argument' // a value given by the caller is out of range or of the wrong kind
  | 'bad-image' // not a picture, cut short, or of a kind we do not read
  | 'image-too-large' // over the pixel, side or byte cap
  | 'bad-video'
  | 'bad-url' // refused or malformed address
  | 'bad-model' // model folder or config.json unusable
  | 'bad-checkpoint' // weights file unusable
  | 'bad-data' // training or evaluation data unusable
  | 'bad-graph' // shapes or types do not fit (a bug in model code, or a config that contradicts itself)
  | 'prompt-too-long'
  | 'unsupported'
  | 'not-found'
  | 'download'
  | 'no-space'
  | 'out-of-memory'
  | 'io'
  | 'engine';

/** What this package throws: a code to branch on, what is wrong, and in `hint` what to do about it. */
export class LlavaMiniError extends Error {
  override readonly name = 'LlavaMiniError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}
