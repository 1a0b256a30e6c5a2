import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LlavaMiniError } from '../../src/errors.ts';
import { ggufSize, type LlamaShape, writeGguf } from './gguf.ts';

/**
 * Writes the random GGUF file of a shape unless it is there; large ones take a minute.
 *
 * @throws LlavaMiniError `bad-argument` when the file that is there has another shape; what `writeGguf` throws
 */
export async function peerFile(path: string, shape: LlamaShape): Promise<string> {
  if (!existsSync(path)) {
    await mkdir(dirname(path), { recursive: true });
    const { stderr } = process;
    if (stderr.isTTY)
      await writeGguf(path, shape, { onTensor: (n, all) => stderr.write(`\r${path}: ${n} of ${all} tensors `) });
    else await writeGguf(path, shape);
    stderr.write(`\rwrote ${path}\n`);
  }
  const { size } = await stat(path);
  const expected = ggufSize(shape);
  if (size !== expected)
    throw new LlavaMiniError(
      'bad-argument',
      `${path} has ${size} bytes, but a random file of this shape has ${expected}`,
      {
        hint: 'delete it, or name another file',
      },
    );
  return path;
}
