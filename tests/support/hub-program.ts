import path from 'node:path';
import { type ProgramOutcome, runProgram } from './run-program';
import { PROJECT_ROOT } from './source-files';

/** Runs the built checker or backup beside a hub, on its data folder, as an operator would. */
export function hubProgram(
  name: 'fsck' | 'backup',
  dataFolder: string,
  args: string[] = [],
): Promise<ProgramOutcome> {
  const program = path.join(PROJECT_ROOT, 'dist', `${name}-main.js`);
  return runProgram(['--enable-source-maps', program, ...args], {
    cwd: PROJECT_ROOT,
    env: { MUSEHUB_DATA: dataFolder },
  });
}
