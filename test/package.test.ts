import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLI, type CliOptions, type CliResult, runProgram } from './support/run-cli.ts';

const CAT = resolve('examples/pictures/cat.png');
const QUESTION = 'What is in the picture?';
const MINUTES = 60_000;

interface Lock {
  packages: Record<string, { dev?: boolean }>;
}

let packed: { filename: string; unpackedSize: number; files: { path: string }[] };
let folder: string;
let manifest: Record<string, Record<string, string>>;

/** As a person would, not as a child of `npm test`. */
const own = (): Record<string, string> => {
  const inherited = Object.keys(process.env).filter((name) =>
    /^npm_(lifecycle|package|command|config_local_prefix)|^INIT_CWD$/i.test(name),
  );
  return Object.fromEntries(inherited.map((name) => [name, '']));
};

const run = async (program: string, args: string[], options: CliOptions = {}): Promise<string> => {
  const result: CliResult = await runProgram(program, args, { cwd: folder, ...options });
  expect(result.code, `${program} ${args.join(' ')}\n${result.stdout}\n${result.stderr}`).toBe(0);
  return result.stdout;
};

beforeAll(async () => {
  expect(existsSync(CLI), 'npm run build comes first').toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'llava-mini-package-'));
  manifest = JSON.parse(await readFile('package.json', 'utf8'));
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  [packed] = JSON.parse(await run('npm', pack, { cwd: '.', env: own() }));
  await install(packed.filename);
}, 5 * MINUTES);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** With our own lock file, so that the packages which `npm ci` fetched need not be fetched again. */
async function install(tarball: string): Promise<void> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as Lock;
  const needed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);
  const { version, dependencies, bin, engines } = manifest;
  const root = { name: 'elsewhere', version: '1.0.0', dependencies: { 'llava-mini': `file:${tarball}` } };
  const write = (name: string, value: unknown): Promise<void> => writeFile(join(folder, name), JSON.stringify(value));
  await write('package.json', { ...root, private: true, type: 'module' });
  await write('package-lock.json', {
    name: root.name,
    version: root.version,
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': root,
      'node_modules/llava-mini': { version, resolved: `file:${tarball}`, dependencies, bin, engines },
      ...Object.fromEntries(needed),
    },
  });
  await run('npm', ['install', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'], {
    env: { ...own(), ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
}

test('holds what users need and nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'models/nano/model.safetensors'])
    expect(paths).toContain(path);
  for (const path of [
    'README.md',
    'LICENSE',
    'NOTICE',
    'CHANGELOG.md',
    'package.json',
    'docs/training.md',
    'SECURITY.md',
  ])
    expect(paths).toContain(path);
  const other = paths.filter((path) => !/^(dist|models\/nano)\/|^docs\/[^/]+\.md$|^[^/]+$/.test(path));
  expect(other).toEqual([]);
  expect(paths.filter((path) => /\.test\.|\.map$|tsbuildinfo/.test(path))).toEqual([]);
  expect(packed.unpackedSize).toBeLessThan(40e6);
});

test('needs no development dependency', () => {
  const there = Object.keys(manifest.devDependencies).filter((name) => existsSync(join(folder, 'node_modules', name)));
  expect(there).toEqual([]);
});

test('command and library answer elsewhere, the same', { timeout: 5 * MINUTES }, async () => {
  const command = join(folder, 'node_modules', '.bin', 'llava-mini');
  const answer = await run(command, ['ask', CAT, QUESTION]);
  expect(answer).toMatch(/\bcat\b/i);

  const script = `import { LlavaMini } from 'llava-mini';
const model = await LlavaMini.load();
const memory = await model.see(process.argv[2]);
let text = '';
for await (const piece of model.stream(memory, process.argv[3])) text += piece;
await model.dispose();
console.log(text);
`;
  await writeFile(join(folder, 'ask.js'), script);
  expect(await run(process.execPath, ['ask.js', CAT, QUESTION])).toBe(answer);
});

test('its types are found and complete', { timeout: 5 * MINUTES }, async () => {
  const source = `import { type Answer, LlavaMini, LlavaMiniError, type VisualMemory } from 'llava-mini';
export async function ask(path: string): Promise<string> {
  const model = await LlavaMini.load(undefined, { threads: 1 });
  const memory: VisualMemory = await model.see(path);
  const answer: Answer = await model.ask([memory, memory], 'same?', { maxTokens: 3 });
  // @ts-expect-error a question is a text
  await model.ask(memory, 42);
  return answer.text;
}
export const isOurs = (error: unknown): boolean => error instanceof LlavaMiniError && error.code === 'bad-image';
`;
  await writeFile(join(folder, 'ask.ts'), source);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
  const types = [
    '--types',
    'node',
    '--typeRoots',
    resolve('node_modules/@types'),
    '--lib',
    'es2023,dom,esnext.disposable',
  ];
  await run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), ...options, ...types, 'ask.ts']);
});
