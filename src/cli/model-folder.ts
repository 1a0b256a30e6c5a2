import { existsSync } from 'node:fs';
import { StatusLine, writeNote } from './terminal.ts';

/**
 * Folder of the model that a person named: a folder, or a model of the hub, which is downloaded when it is not there
 * yet. Undefined stands for the packaged model.
 *
 * @throws LlavaMiniError of the download; the signal's reason
 */
export async function modelFolder(name: string | undefined, signal: AbortSignal): Promise<string | undefined> {
  if (name === undefined || existsSync(name)) return name;
  const { mayBeFetched, pullModel } = await import('../checkpoint/hub/index.ts');
  if (!mayBeFetched(name)) return name;
  const { showPull } = await import('./pull-progress.ts');
  const status = new StatusLine();
  status.set(`looking for ${name}`);
  try {
    return await pullModel(name, {
      signal,
      onProgress: (progress) => status.set(showPull(progress)),
      onWarning: (message) => writeNote(`warning: ${message}`),
    });
  } finally {
    status.clear();
  }
}
