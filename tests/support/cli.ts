import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PROJECT_ROOT } from './source-files';

export interface CliOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built `musehub` as a user would; `home` holds its identity file, `url` is the hub it means. */
export async function musehub(
  args: string[],
  options: { home: string; cwd?: string; token?: string; url?: string },
): Promise<CliOutcome> {
  const program = path.join(PROJECT_ROOT, 'bin', 'musehub.mjs');
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? options.home,
    env: {
      PATH: process.env.PATH,
      HOME: options.home,
      NODE_ENV: 'production',
      ...(options.token ? { MUSEHUB_TOKEN: options.token } : {}),
      ...(options.url ? { MUSEHUB_URL: options.url } : {}),
    } as NodeJS.ProcessEnv,
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
