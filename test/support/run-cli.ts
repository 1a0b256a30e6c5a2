import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The built command. */
export const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  /** What comes in on stdin; without it, stdin is at its end. */
  input?: string | Uint8Array;
  env?: Record<string, string>;
  cwd?: string;
  /** Called when it runs, for signals and for writing to stdin piece by piece (then stdin stays open). */
  control?: (child: ChildProcess) => void;
}

/** Runs the built command and waits for its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  if (!existsSync(CLI)) throw new Error(`there is no ${CLI}: npm run build makes it`);
  return runProgram(process.execPath, [CLI, ...args], options);
}

/** Runs any program and waits for its end. */
export function runProgram(program: string, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    // A program may end before it has read everything.
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    if (options.control) options.control(child);
    else child.stdin.end(options.input ?? '');
  });
}
