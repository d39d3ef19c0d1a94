import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientError } from '~/client/client-error';
import { EXIT } from './exit-code';
import { run } from './run';

/** The entry of the `musehub` program. */

/** After Ctrl-C a command may clean up for so long. */
const CLEANUP_MS = 5_000;

const controller = new AbortController();
const interrupt = (): void => {
  if (controller.signal.aborted) process.exit(EXIT.interrupted);
  controller.abort(new ClientError('interrupted', 'The command was interrupted.'));
  setTimeout(() => process.exit(EXIT.interrupted), CLEANUP_MS).unref();
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

void run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  openStdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
  wait: (ms) =>
    delay(ms, undefined, { signal: controller.signal }).catch(() => {
      throw controller.signal.reason;
    }),
  openPage: async (url) => (await import('./open-page')).openPage(url, process.env),
}).then((code) => {
  process.exitCode = code;
});
