import path from 'node:path';
import { parseArgs } from 'node:util';
import { readEnv } from './env';
import { Misconfiguration } from './misconfiguration';
import { backUp } from './start/back-up';

/**
 * The backup as a program: `node dist/backup-main.js FOLDER [--objects-only]`, with a hub's own
 * configuration, beside a hub that runs or without one. It ends with 0 when the copy is whole.
 */
async function backup(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'objects-only': { type: 'boolean', default: false } },
  });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) {
    throw new Misconfiguration('Name the folder to copy to: npm run backup -- FOLDER');
  }
  const env = readEnv(process.env, process.cwd());
  // What npm runs stands in the project's folder; the folder is meant from where its caller stood.
  const target = path.resolve(process.env.INIT_CWD ?? process.cwd(), folder);
  const done = await backUp(env, target, {
    objectsOnly: values['objects-only'],
    warn: (line) => process.stderr.write(`${line}\n`),
  });
  const lines = [
    done.database === null
      ? 'The database is not in the copy: it is yours to copy, before this.'
      : '',
    done.objects === null
      ? 'The objects are not in the copy: they lie in S3; copy the bucket now.'
      : '',
    done.objects &&
      `Copied ${done.objects.copied} segments (${done.objects.copiedBytes} bytes); ${done.objects.present} were there.`,
    `The backup is in ${target}.`,
  ];
  process.stdout.write(`${lines.filter(Boolean).join('\n')}\n`);
}

backup().catch((error: unknown) => {
  const known =
    error instanceof Misconfiguration ||
    (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`backup: ${known ? (error as Error).message : 'it is not whole'}\n`);
  if (!known) console.error(error);
  process.exitCode = 1;
});
