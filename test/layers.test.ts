import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from './support/run-cli.ts';

const check = (project: string) => runProgram(process.execPath, ['scripts/check-layers.mjs', project]);

test('the import rule holds, and finds what breaks it', async () => {
  expect(await check('.')).toMatchObject({ code: 0 });

  const project = await mkdtemp(join(tmpdir(), 'layers-'));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), text);
  };
  try {
    await write('package.json', JSON.stringify({ dependencies: { zod: '1' }, devDependencies: { vitest: '1' } }));
    await write('src/errors.ts', 'export {};\n');
    await write('src/model/a.ts', "import { z } from 'zod';\nimport { readFile } from 'node:fs/promises';\n");
    await write('src/runtime/b.ts', "import type { A } from '../model/a.ts';\nimport '../errors.ts';\n");
    await write('src/runtime/b.test.ts', "import { test } from 'vitest';\nimport '../cli/c.ts';\n");
    expect(await check(project)).toMatchObject({ code: 0 });

    await write('src/model/up.ts', "import {\n  type B,\n  c,\n} from '../runtime/b.ts';\n");
    await write('src/model/later.ts', "export const b = () => import('../runtime/b.ts');\n");
    await write('src/text/dev.ts', "import { test } from 'vitest';\n");
    await write('src/misc/nowhere.ts', 'export {};\n');
    const { code, stderr } = await check(project);
    expect(code).toBe(1);
    for (const file of ['model/up.ts', 'model/later.ts', 'text/dev.ts', 'misc/nowhere.ts'])
      expect(stderr).toContain(`src/${file}:`);
    expect(stderr).toContain('4 imports in the wrong direction');
  } finally {
    await rm(project, { recursive: true, force: true });
  }
});
