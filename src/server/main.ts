import { Misconfiguration } from './misconfiguration';
import { startHub } from './start/start-hub';

/** The hub as a program: `node dist/main.js`, or with `--dev` for development. */
startHub({ development: process.argv.includes('--dev') }).catch((error: unknown) => {
  const known = error instanceof Misconfiguration;
  process.stderr.write(known ? `musehub: ${error.message}\n` : `musehub did not start\n`);
  if (!known) console.error(error);
  process.exit(1);
});
