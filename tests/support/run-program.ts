import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs Node with these arguments to its end, in an environment that holds `env` and no more. */
export async function runProgram(
  args: string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<ProgramOutcome> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome = { stdout: '', stderr: '' };
  child.stdout.on('data', (part) => {
    outcome.stdout += part;
  });
  child.stderr.on('data', (part) => {
    outcome.stderr += part;
  });
  const [code] = await once(child, 'close');
  return { code, ...outcome };
}
