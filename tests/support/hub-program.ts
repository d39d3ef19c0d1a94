import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PROJECT_ROOT } from './source-files';

/** Runs the built checker or backup beside a hub, on its data folder, as an operator would. */
export async function hubProgram(
  name: 'fsck' | 'backup',
  dataFolder: string,
  args: string[] = [],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = path.join(PROJECT_ROOT, 'dist', `${name}-main.js`);
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
    cwd: PROJECT_ROOT,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      MUSEHUB_DATA: dataFolder,
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
