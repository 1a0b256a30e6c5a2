import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliResult, runCli } from './support/run-cli.ts';
import { type TinyModel, writeTinyModel } from './support/tiny-model.ts';

const CAT = 'examples/pictures/cat.png';
const COFFEE = 'examples/pictures/coffee.png';

let tiny: TinyModel;
let folder: string;
let server: Server;
let address: string;

/** Asks the small random model, whose answers make no sense but are always the same. */
const ask = (args: string[], options: Parameters<typeof runCli>[1] = {}): Promise<CliResult> =>
  runCli(['ask', '--model', tiny.dir, '--threads', '1', '--max-tokens', '6', ...args], options);

const answerOf = async (args: string[], options: Parameters<typeof runCli>[1] = {}): Promise<string> => {
  const { code, stdout, stderr } = await ask(args, options);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
};

beforeAll(async () => {
  tiny = await writeTinyModel();
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  const cat = await readFile(CAT);
  server = createServer((request, response) => {
    if (request.url === '/cat.png') response.end(cat);
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await tiny.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('help', () => {
  test('goes to stdout, has examples, and names every command', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of ['ask', 'chat', 'info', 'pull', 'list', 'rm', 'train', 'eval', 'Examples:'])
      expect(stdout).toContain(word);
  });

  test('of a command shows examples', async () => {
    const { code, stdout } = await runCli(['help', 'ask']);
    expect(code).toBe(0);
    expect(stdout).toContain('llava-mini ask cat.jpg "What is in the picture?"');
  });

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('wrong use exits with 2, says so on stderr and nothing on stdout', () => {
  test.each([
    [[]],
    [['nonsense']],
    [['ask']],
    [['ask', 'only a question']],
    [['ask', '--nonsense', CAT, 'What?']],
    [['ask', '--temperature', 'warm', CAT, 'What?']],
    [['ask', '--max-tokens', '1.5', CAT, 'What?']],
    [['ask', '-', '-', 'What?']],
    [['ask', '--dtype', 'q9', CAT, 'What?']],
    [['chat', '-']],
    [['train']],
    [['train', 'x.json', '--device', 'abacus']],
    [['eval', '--limit', 'many']],
    [['rm']],
  ])('%j', async (args) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
  });
});

describe('ask', () => {
  test('a path, a pipe and addresses give the same answer', async () => {
    const question = 'what is this?';
    const cat = await readFile(CAT);
    const answer = await answerOf([CAT, question]);
    expect(answer.trim()).not.toBe('');
    expect(answer.endsWith('\n')).toBe(true);
    expect(await answerOf(['-', question], { input: cat })).toBe(answer);
    expect(await answerOf([`${address}/cat.png`, question])).toBe(answer);
    expect(await answerOf([`file://${process.cwd()}/${CAT}`, question])).toBe(answer);
  });

  test('several pictures', async () => {
    const { usage } = JSON.parse(await answerOf([CAT, COFFEE, 'what are these?', '--json']));
    expect(usage.visionTokens).toBe(2);
  });

  test('--json gives answer, tokens and the milliseconds of each phase, and nothing else', async () => {
    const plain = await answerOf([CAT, 'what is this?']);
    const report = JSON.parse(await answerOf([CAT, 'what is this?', '--json']));
    expect(report.answer).toBe(plain.trimEnd());
    expect(report.tokens).toBe(report.tokenIds.length);
    expect(report.tokens).toBeLessThanOrEqual(6);
    expect(report.confidence).toBeGreaterThan(0);
    expect(report.confidence).toBeLessThan(1);
    for (const phase of ['load', 'decode', 'vision', 'prefusion', 'prefill', 'perToken', 'firstToken', 'total'])
      expect(report.milliseconds[phase], phase).toBeGreaterThan(0);
  });

  test('the same seed gives the same answer', async () => {
    const sampled = (seed: string): Promise<string> =>
      answerOf([CAT, 'what is this?', '--temperature', '3', '--seed', seed]);
    expect(await sampled('7')).toBe(await sampled('7'));
    expect(await sampled('7')).not.toBe(await sampled('8'));
  });

  test('--dtype converts the model into the cache, and the next time it is there', async () => {
    const env = { LLAVA_MINI_CACHE: join(folder, 'cache') };
    const reports: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { answer, dtype, model } = JSON.parse(await answerOf([CAT, 'what?', '--dtype', 'q8', '--json'], { env }));
      expect(dtype).toBe('q8');
      reports.push(`${model} ${(await stat(join(model, 'llava-mini.json'))).mtimeMs} ${answer}`);
    }
    expect(reports[0].startsWith(env.LLAVA_MINI_CACHE)).toBe(true);
    expect(reports[1]).toBe(reports[0]);
  });

  test('a stop text ends the answer before it', async () => {
    const { answer } = JSON.parse(await answerOf([CAT, 'what is this?', '--json']));
    const stop = answer.slice(1, 2);
    const cut = JSON.parse(await answerOf([CAT, 'what is this?', '--json', '--stop', stop]));
    expect(cut.answer).toBe(answer.slice(0, answer.indexOf(stop)).trimEnd());
    expect(cut.finishReason).toBe('stop');
  });
});

describe('what is wrong is said on stderr with what to do, and the exit code is 1', () => {
  const fails = async (result: Promise<CliResult>, message: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await result;
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: .*\nhint: /);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect([code, stdout]).toEqual([1, '']);
  };

  test('with the picture', async () => {
    const text = join(folder, 'text.png');
    const cut = join(folder, 'cut.png');
    const empty = join(folder, 'empty.png');
    await writeFile(text, 'this is no picture');
    await writeFile(cut, (await readFile(CAT)).subarray(0, 5000));
    await writeFile(empty, '');
    await fails(ask([join(folder, 'missing.png'), 'what?']), /missing\.png/);
    await fails(ask([text, 'what?']), /text\.png.*no picture/);
    await fails(ask([CAT, cut, 'what?']), /cut\.png.*damaged/);
    await fails(ask([empty, 'what?']), /empty\.png.*empty/);
    await fails(ask([folder, 'what?']), /folder/);
    await fails(ask(['-', 'what?'], { input: 'no picture' }), /standard input/);
    await fails(ask([`${address}/missing.png`, 'what?']), /missing\.png.*404/);
  });

  test('with the question', async () => {
    await fails(ask([CAT, '']), /question is empty/);
    await fails(ask([CAT, 'why '.repeat(10_000)]), /too long|positions|tokens/);
    await fails(ask(['--max-length', '20', CAT, 'what is this? '.repeat(10)]), /\b20\b/);
  });

  test('with the model', async () => {
    await fails(runCli(['ask', '--model', join(folder, 'nowhere'), CAT, 'what?']), /nowhere/);
    await fails(runCli(['ask', '--model', folder, CAT, 'what?']), /config\.json/);
    await fails(runCli(['info', folder]), /config\.json/);
  });

  test('with the training or the hub', async () => {
    await fails(runCli(['train', join(folder, 'missing.json')]), /missing\.json/);
    const env = { HF_HOME: folder, HF_HUB_OFFLINE: '1' };
    await fails(runCli(['pull', 'somebody/something'], { env }), /somebody\/something/);
    await fails(runCli(['rm', 'somebody/something'], { env }), /somebody\/something/);
  });

  test('options out of range are refused before the model is loaded', async () => {
    const { code, stderr } = await runCli(['ask', '--model', folder, '--top-p', '3', CAT, 'what?']);
    expect([code, stderr.split('\n')[0]]).toEqual([1, 'error: --top-p must be above 0 and at most 1, not 3']);
  });
});

describe('Ctrl-C', () => {
  test('ends a wait for standard input with 130', async () => {
    const { code, stdout } = await ask(['-', 'what?'], {
      control: (child) => setTimeout(() => child.kill('SIGINT'), 1500),
    });
    expect([code, stdout]).toEqual([130, '']);
  });

  test('ends an answer with 130', async () => {
    const long = ['--max-tokens', '400', '--temperature', '9', '--seed', '1', CAT, 'what is this?'];
    const { code } = await ask(long, { control: (child) => child.stdout?.once('data', () => child.kill('SIGINT')) });
    expect(code).toBe(130);
  });

  test('ends a chat between answers with 130', async () => {
    const { code, stderr } = await runCli(['chat', '--model', tiny.dir, '--threads', '1', '--max-tokens', '4', CAT], {
      control: (child) => {
        child.stdout?.once('data', () => setTimeout(() => child.kill('SIGINT'), 500));
        child.stdin?.write('what is this?\n');
      },
    });
    expect([code, stderr]).toEqual([130, '']);
  });
});

describe('chat', () => {
  const chat = (lines: string[], args: string[] = [CAT]): Promise<CliResult> =>
    runCli(['chat', '--model', tiny.dir, '--threads', '1', '--max-tokens', '5', ...args], { input: lines.join('\n') });

  test('answers each line on stdout and remembers', async () => {
    const question = 'what is this?';
    const one = await answerOf(['--max-tokens', '5', CAT, question]);
    const { code, stdout, stderr } = await chat([question, question, '/clear', question, '/exit', 'never asked']);
    expect([code, stderr]).toEqual([0, '(what was said is forgotten)\n']);
    expect(stdout.startsWith(one)).toBe(true);
    expect(stdout.endsWith(one)).toBe(true);
    expect(stdout.length).toBeGreaterThan(2 * one.length);
  });

  test('sees more pictures and forgets them', async () => {
    const question = 'what is this?';
    const one = await answerOf(['--max-tokens', '5', COFFEE, question]);
    const { stdout, stderr, code } = await chat(['/clear all', `/image "${COFFEE}"`, question]);
    expect(stderr).toBe('(everything is forgotten)\n(sees a picture of 600×400 pixels)\n');
    expect([stdout, code]).toEqual([one, 0]);
  });

  test('takes no picture from where its questions come from', async () => {
    const question = 'what is this?';
    const { code, stdout, stderr } = await chat(['/image -', question]);
    expect([stdout, code]).toEqual([await answerOf(['--max-tokens', '5', CAT, question]), 1]);
    expect(stderr).toBe('/image needs the path or address of a picture\n');
  });

  test('goes on after a line that fails, and the exit code tells', async () => {
    const { code, stdout, stderr } = await chat(['/image missing.png', '/fly', '/help', 'what is this?'], []);
    expect(stderr).toMatch(/error: .*missing\.png/);
    expect(stderr).toContain('unknown command: /fly');
    expect(stderr).toContain('/clear all');
    expect(stdout.trim()).not.toBe('');
    expect(code).toBe(1);
  });
});

describe('info', () => {
  test('counts the parameters of each part', async () => {
    const { code, stdout } = await runCli(['info', tiny.dir, '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    const parts = Object.values<{ parameters: number }>(report.parts);
    expect(Object.keys(report.parts)).toEqual(
      expect.arrayContaining(['vision tower', 'compressor', 'projector', 'pre-fusion', 'token embedding']),
    );
    expect(report.parts.other).toBeUndefined();
    expect(parts.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(report.parameters);
    const weights = report.files.find(({ name }: { name: string }) => name === 'model.safetensors');
    expect(weights.bytes).toBeGreaterThan(report.parameters * 4);
    expect(report.visionTokens).toBe(1);
  });

  test('shows them as a table', async () => {
    const { stdout } = await runCli(['info', tiny.dir]);
    expect(stdout).toMatch(/vision tokens +1 per picture/);
    expect(stdout).toMatch(/^compressor +[\d,]+ +F32$/m);
    expect(stdout).toMatch(/^vision_tower\/config\.json /m);
  });
});

test('list shows what is in the cache', async () => {
  const env = { HF_HOME: join(folder, 'hub-home') };
  const empty = await runCli(['list'], { env });
  expect([empty.code, empty.stdout]).toEqual([0, '']);
  expect(JSON.parse((await runCli(['list', '--json'], { env })).stdout)).toEqual([]);
});

test('a reader that stops reading is no error', async () => {
  const { code } = await ask(['--max-tokens', '100', CAT, 'what is this?'], {
    control: (child) => child.stdout?.destroy(),
  });
  expect(code).toBe(0);
});
