import { parentPort, workerData } from 'node:worker_threads';
import { LlavaMiniError } from '../../errors.ts';
import { encodeRows, type RowsToEncode } from './encode-rows.ts';

export type EncoderReply =
  | { parts: Uint8Array<ArrayBuffer>[] }
  | { error: { code: LlavaMiniError['code']; message: string; hint: string | undefined } };

// Loaded as a module by a bundler too: only a thread of the pool listens.
if (parentPort !== null && workerData === 'encoder') {
  const port = parentPort;
  port.on('message', (rows: RowsToEncode) => {
    let reply: EncoderReply;
    try {
      reply = { parts: encodeRows(rows) };
    } catch (error) {
      const known = error instanceof LlavaMiniError ? error : new LlavaMiniError('engine', String(error));
      reply = { error: { code: known.code, message: known.message, hint: known.hint } };
    }
    port.postMessage(reply, 'parts' in reply ? reply.parts.map((part) => part.buffer) : []);
  });
}
