// Writes docs/cli.md from the built command's own help texts.
import { writeFileSync } from 'node:fs';
import { createProgram } from '../dist/cli/program.js';
import { cliReference } from '../dist/cli/reference.js';

writeFileSync(new URL('../docs/cli.md', import.meta.url), cliReference(createProgram()));
