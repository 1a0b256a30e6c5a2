import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { LlavaMiniError } from '../errors.ts';
import type { Manifest } from '../folder/manifest.ts';
import type { ModelFolder } from '../folder/model-folder.ts';
import { addExamples } from './examples.ts';
import { formatBytes, formatCount, formatTable } from './format.ts';
import { interruptible } from './interrupt.ts';
import { modelFolder } from './model-folder.ts';
import { TOWER_OPTION } from './model-option.ts';
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
  /** Of a converted model. */
  manifest: Manifest | undefined;
  files: { name: string; bytes: number }[];
}

/** `llava-mini info [MODEL]` */
export function addInfoCommand(program: Command): void {
  const command = program
    .command('info')
    .summary('describe a model')
    .description('Describes a model: its configuration, the parameters of each part, its files.')
    .argument('[model]', 'folder, or ORG/NAME on the hub (default: nano)')
    .option(...TOWER_OPTION)
    .option('--json', 'print one JSON object');
  addExamples(command, [
    ['llava-mini info', 'describe nano'],
    ['llava-mini info ./my-model --json', 'describe another model, for a program'],
  ]);
  command.action(async (model: string | undefined, flags: { json?: boolean; tower?: string }) => {
    const report = await interruptible(async (signal) => inspect(await modelFolder(model, signal), flags.tower));
    writeAnswer(`${flags.json ? asJson(report) : asText(report)}\n`);
  });
}

async function inspect(model: string | undefined, tower: string | undefined): Promise<ModelReport> {
  const { modelPath } = await import('../runtime/load-options.ts');
  const { readModelFolder } = await import('../folder/model-folder.ts');
  const { readManifest } = await import('../folder/manifest.ts');
  const { patchGrid } = await import('../model/vision/index.ts');
  const folder = await readModelFolder(await modelPath(model));
  const manifest = await readManifest(folder.dir);
  if (manifest && tower !== undefined)
    throw new LlavaMiniError('bad-argument', `the model in ${folder.dir} is converted, its vision tower with it`, {
      hint: 'leave the tower out',
    });
  const { patches } = patchGrid(folder.vision);
  return {
    folder,
    visionTokens: folder.layout === 'llava' ? patches : folder.config.compressorSize ** 2,
    patches,
    parts: countParameters(manifest ? convertedWeights(manifest) : await checkpointWeights(folder.dir, tower)),
    manifest,
    files: await listFiles(folder.dir),
  };
}

interface Weight {
  name: string;
  parameters: number;
  /** What it is stored as. */
  type: string;
}

async function checkpointWeights(dir: string, tower: string | undefined): Promise<Weight[]> {
  const { openCheckpoint } = await import('../checkpoint/checkpoint.ts');
  const checkpoint = await openCheckpoint(dir, { tower });
  try {
    return checkpoint.names().map((name) => {
      const { shape, dtype } = checkpoint.info(name);
      return { name, parameters: product(shape), type: dtype };
    });
  } finally {
    await checkpoint.close();
  }
}

/** The first part of each weight tells its size; the names of the others end in `#scales` and `#zeros`. */
function convertedWeights({ weights, formats }: Manifest): Weight[] {
  return Object.entries(weights).flatMap(([part, { shape }]) => {
    const [name, kind] = part.split('#');
    const format = formats[name];
    if (kind === 'scales' || kind === 'zeros') return [];
    if (format?.kind !== 'blocks') return [{ name, parameters: product(shape), type: kind === 'half' ? 'F16' : 'F32' }];
    const { bits, block, symmetric } = format;
    // Blocks fill the rows exactly: what does not divide is not stored in blocks.
    return [
      { name, parameters: (product(shape) * 8) / bits, type: `Q${bits} in ${block}s${symmetric ? '' : ' with zeros'}` },
    ];
  });
}

const product = (shape: readonly number[]): number => shape.reduce((all, side) => all * side, 1);

function countParameters(weights: readonly Weight[]): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const [label] of PARTS) parts.set(label, { parameters: 0, types: [] });
  for (const { name, parameters, type } of weights) {
    const part = parts.get(PARTS.find(([, names]) => names.test(name))![0])!;
    part.parameters += parameters;
    if (!part.types.includes(type)) part.types.push(type);
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

function conversion({ dtype, options, layout, maxLength, bytes, builder, source }: Manifest): object {
  return { dtype, ...options, layout, maxLength, bytes, builder, source: source.files };
}

function describe({ dtype, maxLength, bytes, builder }: Manifest): string {
  return `${dtype}, ${formatBytes(bytes)}, graphs for ${formatCount(maxLength)} positions, made by ${builder}`;
}

const total = (parts: Map<string, Part>): number => [...parts.values()].reduce((sum, p) => sum + p.parameters, 0);

function asJson({ folder, visionTokens, patches, parts, manifest, files }: ModelReport): string {
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
    ...(manifest ? { converted: conversion(manifest) } : {}),
    files,
  };
  return JSON.stringify(report, null, 2);
}

function asText({ folder, visionTokens, patches, parts, manifest, files }: ModelReport): string {
  const { dir, config, vision, positions } = folder;
  const facts: [string, string][] = [
    ['folder', dir],
    [
      'pictures',
      `${vision.imageSize}×${vision.imageSize} pixels, ${config.imageAspect === 'pad' ? 'padded' : 'cropped'}`,
    ],
    ['vision tower', `${vision.kind}, ${patches} patches of width ${vision.width}`],
    [
      'vision tokens',
      `${visionTokens} per picture${folder.layout === 'llava' ? '' : ` (C = ${config.compressorSize})`}`,
    ],
    [
      'high resolution',
      config.resolutionRatio === 1 ? 'no' : `${config.resolutionRatio}×${config.resolutionRatio} tiles`,
    ],
    ['pre-fusion', `${config.prefusionLayers} layers`],
    ['language model', `${config.layers} layers of width ${config.hiddenSize}, ${config.heads} heads`],
    ['vocabulary', `${formatCount(config.vocabSize)} tokens`],
    ['context', `${formatCount(positions)} positions`],
    ...(manifest ? [['converted to', describe(manifest)] as [string, string]] : []),
  ];
  const rows = [...parts].map(([part, { parameters, types }]) => [part, formatCount(parameters), types.join(', ')]);
  return [
    facts.map(([name, value]) => `${name.padEnd(16)} ${value}`).join('\n'),
    formatTable([['part', 'parameters', 'stored as'], ...rows, ['all', formatCount(total(parts)), '']]),
    formatTable([['file', 'size'], ...files.map(({ name, bytes }) => [name, formatBytes(bytes)])]),
  ].join('\n\n');
}
