import { TOWER_PREFIX } from '../checkpoint/separate-tower.ts';
import { TOWER_FOLDER, towerName } from './export-files.ts';
import { BUFFERS, type ExportSource, isTower, type SourceTensor } from './export-source.ts';
import type { ModelFolder } from './model-folder.ts';

/** Width of the compressor in the reference's code, where it is a constant. */
const REFERENCE_WIDTH = 1024;

/** What a person should know who runs the reference's code on an exported folder. */
export function exportNotes(folder: ModelFolder, source: ExportSource, written: readonly SourceTensor[]): string[] {
  const notes: string[] = [];
  const { vision, config } = folder;
  if (vision.width !== REFERENCE_WIDTH)
    notes.push(
      `the compressor has width ${vision.width}, but ${REFERENCE_WIDTH} is written into the reference's code: change embed_dim in llavamini/model/llavamini_arch.py`,
    );
  if (towerName(folder) === undefined)
    notes.push(
      `mm_vision_tower is ./${TOWER_FOLDER}: run the reference's scripts in the exported folder, or give them --vision_tower with its full path`,
    );
  const tower = written.filter(isTower).map(({ name }) => name);
  const last = `${TOWER_PREFIX}vision_model.encoder.layers.${vision.kind === 'clip' ? vision.layers - 1 : 0}.`;
  if (!tower.some((name) => name.startsWith(last)) || !tower.some((name) => name.includes('.post_layernorm.')))
    notes.push(
      `the tower's parts after layer ${config.visionSelectLayer} are not in the model; transformers starts them at random, and nothing reads them`,
    );
  const kept = new Set(written.map(({ name }) => name));
  const left = source.tensors.filter(({ name }) => !kept.has(name) && !BUFFERS.test(name));
  if (left.length > 0)
    notes.push(
      `left out, as the reference has no such tensors: ${left
        .slice(0, 5)
        .map(({ name }) => name)
        .join(', ')}${left.length > 5 ? ` and ${left.length - 5} more` : ''}`,
    );
  return notes;
}
