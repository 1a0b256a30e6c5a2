// Runs a TypeScript file of this project: node scripts/run-typescript.mjs FILE [arguments]
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const [file] = process.argv.splice(2, 1);
if (!file) throw new Error('usage: node scripts/run-typescript.mjs FILE [arguments]');
const root = fileURLToPath(new URL('..', import.meta.url));
await runnerImport(resolve(file), { root, configFile: false, logLevel: 'error' });
