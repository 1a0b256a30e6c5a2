import { describe, expect, test } from 'vitest';
import {
  blobName,
  checkFileName,
  checkModelId,
  checkRevision,
  folderOf,
  idOfFolder,
  isModelId,
  mayBeFetched,
} from './names.ts';

describe('model names', () => {
  test.each(['ICTNLP/llava-mini-llama-3.1-8b', 'a/b', 'Org_1/x.y', `${'o'.repeat(96)}/n`])('%s', (id) => {
    expect(isModelId(id)).toBe(true);
    expect(idOfFolder(folderOf(id))).toBe(id);
  });

  test.each([
    '',
    'a',
    'a/b/c',
    '/a',
    'a/',
    './b',
    '../b',
    'a/..',
    'a/b..c',
    'a--b/c',
    '-a/b',
    'a/b-',
    'a b/c',
    'a\\b/c',
    'a/b\n',
  ])('not %j', (id) => {
    expect(isModelId(id)).toBe(false);
    expect(() => checkModelId(id)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });

  test('one within a folder that is here is mistyped, and not fetched', () => {
    expect(mayBeFetched('src/nothere')).toBe(false);
    expect(mayBeFetched('nobody-has-this/folder')).toBe(true);
    expect(mayBeFetched('no model')).toBe(false);
  });

  test('folders', () => {
    expect(folderOf('ICTNLP/x-y')).toBe('models--ICTNLP--x-y');
    expect(idOfFolder('models--gpt2')).toBe('gpt2');
    for (const folder of ['datasets--a--b', '.locks', 'models--', 'models--..--b'])
      expect(idOfFolder(folder)).toBeUndefined();
  });
});

test('revisions', () => {
  for (const good of ['main', 'v1.0', 'refs/pr/12', 'a'.repeat(40), 'feature/x-y_z'])
    expect(checkRevision(good)).toBe(good);
  for (const bad of ['', '/', 'a/', '..', 'a/../b', 'a..b', '.hidden', '-x', 'a b', 'x'.repeat(300), 'a\\b', 'a?b'])
    expect(() => checkRevision(bad)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
});

describe('file names from the hub', () => {
  test.each(['config.json', 'vision_tower/config.json', 'a b.json', '.gitattributes', 'ünïcode.json', 'con-fig.json'])(
    '%s',
    (name) => {
      expect(checkFileName(name, 'a/b')).toBe(name);
    },
  );

  test.each([
    '',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/./b',
    '...',
    'a\\b',
    'C:a',
    'a:b',
    'a\u0000',
    'a\n',
    'a.',
    'a ',
    'CON',
    'aux.json',
    'x/LPT1.txt',
    'a*',
    'x'.repeat(501),
  ])('not %j', (name) => {
    expect(() => checkFileName(name, 'a/b')).toThrow(expect.objectContaining({ code: 'download' }));
  });
});

test('ETags', () => {
  expect(blobName('"abc123"', 'x')).toBe('abc123');
  expect(blobName('W/"abc"', 'x')).toBe('abc');
  for (const bad of [undefined, '', '""', '"../x"', '"a/b"', '".."', `"${'x'.repeat(129)}"`])
    expect(() => blobName(bad, 'x')).toThrow(expect.objectContaining({ code: 'download' }));
});
