// Checks the direction of imports: a layer may use itself and those before it, and nothing that is published may
// need a development dependency. Usage: node scripts/check-layers.mjs [PROJECT]
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';

const LAYERS = ['util', 'graph', 'model', 'checkpoint', 'media', 'text', 'folder', 'runtime', 'train', 'eval', 'cli'];
/** Files that lie beside the folders, with the highest layer that they may use. */
const ROOT_FILES = { 'errors.ts': 'util', 'index.ts': 'runtime' };

const project = resolve(process.argv[2] ?? '.');
const source = join(project, 'src');
const { dependencies = {} } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const faults = [];

/** Rank of a file under src, or -1 when it belongs to no layer. */
function rank(path) {
  const [first] = path.split('/');
  return LAYERS.indexOf(path.includes('/') ? first : (ROOT_FILES[path] ?? ''));
}

/** What a file imports, with whether it is types only. `require` and `import()` of other packages are the file's own care. */
function* imports(text) {
  const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  for (const [, type, name] of text.matchAll(statement)) yield { name, type: Boolean(type) };
  for (const [, name] of text.matchAll(/\bimport\(\s*['"](\.[^'"]+)['"]/g)) yield { name, type: false };
}

function checkFile(path) {
  const own = rank(path);
  if (own < 0) {
    faults.push(`src/${path}: belongs to no layer (${LAYERS.join(' < ')})`);
    return;
  }
  for (const { name, type } of imports(readFileSync(join(source, path), 'utf8'))) {
    if (!name.startsWith('.')) {
      const packageName = name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/');
      const builtin = name.startsWith('node:') || builtinModules.includes(packageName);
      if (!type && !builtin && !Object.hasOwn(dependencies, packageName))
        faults.push(`src/${path}: imports ${name}, which is not among the package's dependencies`);
      continue;
    }
    const target = posix.join(posix.dirname(path), name);
    if (target.startsWith('..')) faults.push(`src/${path}: imports ${name}, which is outside of src`);
    else if (rank(target) > own || (rank(target) < 0 && !target.endsWith('.json')))
      faults.push(`src/${path}: imports ${name}, which is in a later layer`);
    else if (!path.includes('/') ? false : target in ROOT_FILES && target !== 'errors.ts')
      faults.push(`src/${path}: imports ${name}; only users of the package go through it`);
  }
}

let count = 0;
for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || /\.test\.tsx?$/.test(entry.name)) continue;
  count++;
  checkFile(
    relative(source, join(entry.parentPath ?? dirname(source), entry.name))
      .split(sep)
      .join('/'),
  );
}
for (const fault of faults.sort()) console.error(fault);
console.error(
  faults.length ? `${faults.length} imports in the wrong direction` : `layers: ${count} files are in order`,
);
process.exitCode = faults.length ? 1 : 0;
