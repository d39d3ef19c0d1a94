import path from 'node:path';
import { type ProgramOutcome, runProgram } from './run-program';
import { PROJECT_ROOT } from './source-files';

/** Runs the built `musehub` as a user would; `home` holds its identity file, `url` is the hub it means. */
export function musehub(
  args: string[],
  options: { home: string; cwd?: string; token?: string; url?: string },
): Promise<ProgramOutcome> {
  const program = path.join(PROJECT_ROOT, 'bin', 'musehub.cjs');
  return runProgram([program, ...args], {
    cwd: options.cwd ?? options.home,
    env: {
      HOME: options.home,
      ...(options.token ? { MUSEHUB_TOKEN: options.token } : {}),
      ...(options.url ? { MUSEHUB_URL: options.url } : {}),
    },
  });
}
