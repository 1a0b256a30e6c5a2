import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { ModelFolder } from '../folder/model-folder.ts';
import { addExamples } from './examples.ts';
import { formatBytes, formatCount, formatTable } from './format.ts';
import { interruptible } from './interrupt.ts';
import { modelFolder } from './model-folder.ts';
import { writeAnswer } from './terminal.ts';

/** Which tensors make up which part, in the order of the way through the model. */
const PARTS: readonly (readonly [part: string, names: RegExp])[] = [
  ['vision tower', /^model\.vision_tower\./],
  ['compressor', /^model\.compressor\./],
  ['projector', /^model\.mm_projector\./],
  ['pre-fusion', /^model\.prefusion_layers\./],
  ['token embedding', /^model\.embed_tokens\./],
  ['language model', /^model\.(layers|norm)\./],
  ['head', /^lm_head\./],
  ['other', /^/],
];

interface Part {
  parameters: number;
  types: string[];
}

interface ModelReport {
  folder: ModelFolder;
  visionTokens: number;
  patches: number;
  parts: Map<string, Part>;
  files: { name: string; bytes: number }[];
}

/** `llava-mini info [MODEL]` */
export function addInfoCommand(program: Command): void {
  const command = program
    .command('info')
    .summary('describe a model')
    .description('Describes a model: its configuration, the parameters of each part, its files.')
    .argument('[model]', 'folder, or ORG/NAME on the hub (default: nano)')
    .option('--json', 'print one JSON object');
  addExamples(command, [
    ['llava-mini info', 'describe nano'],
    ['llava-mini info ./my-model --json', 'describe another model, for a program'],
  ]);
  command.action(async (model: string | undefined, flags: { json?: boolean }) => {
    const report = await interruptible(async (signal) => inspect(await modelFolder(model, signal)));
    writeAnswer(`${flags.json ? asJson(report) : asText(report)}\n`);
  });
}

async function inspect(model: string | undefined): Promise<ModelReport> {
  const { modelPath } = await import('../runtime/load-options.ts');
  const { readModelFolder } = await import('../folder/model-folder.ts');
  const { openCheckpoint } = await import('../checkpoint/checkpoint.ts');
  const { patchGrid } = await import('../model/vision/index.ts');
  const folder = await readModelFolder(await modelPath(model));
  const checkpoint = await openCheckpoint(folder.dir);
  try {
    return {
      folder,
      visionTokens: folder.config.compressorSize ** 2,
      patches: patchGrid(folder.vision).patches,
      parts: countParameters(checkpoint),
      files: await listFiles(folder.dir),
    };
  } finally {
    await checkpoint.close();
  }
}

function countParameters(checkpoint: Checkpoint): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const [label] of PARTS) parts.set(label, { parameters: 0, types: [] });
  for (const name of checkpoint.names()) {
    const { shape, dtype } = checkpoint.info(name);
    const part = parts.get(PARTS.find(([, names]) => names.test(name))![0])!;
    part.parameters += shape.reduce((product, side) => product * side, 1);
    if (!part.types.includes(dtype)) part.types.push(dtype);
  }
  for (const [label, { types }] of parts) if (types.length === 0) parts.delete(label);
  return parts;
}

async function listFiles(dir: string): Promise<{ name: string; bytes: number }[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const info = await stat(path).catch(() => null);
      return info?.isFile() ? [{ name: relative(dir, path), bytes: info.size }] : [];
    }),
  );
  return files.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
}

const total = (parts: Map<string, Part>): number => [...parts.values()].reduce((sum, p) => sum + p.parameters, 0);

function asJson({ folder, visionTokens, patches, parts, files }: ModelReport): string {
  const { dir, config, vision, positions } = folder;
  const report = {
    dir,
    config,
    vision,
    positions,
    patches,
    visionTokens,
    parameters: total(parts),
    parts: Object.fromEntries(parts),
    files,
  };
  return JSON.stringify(report, null, 2);
}

function asText({ folder, visionTokens, patches, parts, files }: ModelReport): string {
  const { dir, config, vision, positions } = folder;
  const facts: [string, string][] = [
    ['folder', dir],
    [
      'pictures',
      `${vision.imageSize}×${vision.imageSize} pixels, ${config.imageAspect === 'pad' ? 'padded' : 'cropped'}`,
    ],
    ['vision tower', `${vision.kind}, ${patches} patches of width ${vision.width}`],
    ['vision tokens', `${visionTokens} per picture (C = ${config.compressorSize})`],
    [
      'high resolution',
      config.resolutionRatio === 1 ? 'no' : `${config.resolutionRatio}×${config.resolutionRatio} tiles`,
    ],
    ['pre-fusion', `${config.prefusionLayers} layers`],
    ['language model', `${config.layers} layers of width ${config.hiddenSize}, ${config.heads} heads`],
    ['vocabulary', `${formatCount(config.vocabSize)} tokens`],
    ['context', `${formatCount(positions)} positions`],
  ];
  const rows = [...parts].map(([part, { parameters, types }]) => [part, formatCount(parameters), types.join(', ')]);
  return [
    facts.map(([name, value]) => `${name.padEnd(16)} ${value}`).join('\n'),
    formatTable([['part', 'parameters', 'stored as'], ...rows, ['all', formatCount(total(parts)), '']]),
    formatTable([['file', 'size'], ...files.map(({ name, bytes }) => [name, formatBytes(bytes)])]),
  ].join('\n\n');
}
