import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Misconfiguration } from '../misconfiguration';

const shape = z.object({
  /** Signs browser sessions. */
  sessionSecret: z.string().min(32),
  /** Of the embedded PostgreSQL. */
  databasePassword: z.string().regex(/^[A-Za-z0-9]{32,}$/),
});

export type Secrets = z.output<typeof shape>;

/**
 * Reads `<data>/secrets.json`, or makes it (mode 0600) on the first start.
 * Throws `Misconfiguration` when the file is not what it was.
 */
export function loadSecrets(dataFolder: string): Secrets {
  const file = path.join(dataFolder, 'secrets.json');
  if (!fs.existsSync(file)) return makeSecrets(file);
  try {
    return shape.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch {
    throw new Misconfiguration(
      `${file} cannot be read or is damaged; restore it from a backup, or delete it: new secrets are made then and everyone has to sign in again.`,
    );
  }
}

function makeSecrets(file: string): Secrets {
  const secrets: Secrets = {
    sessionSecret: randomBytes(32).toString('hex'),
    databasePassword: randomBytes(24).toString('hex'),
  };
  writePrivateFile(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** Writes a file that only its owner may read, whole or not at all. */
export function writePrivateFile(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}.new`;
  const fd = fs.openSync(unfinished, 'w', 0o600);
  try {
    fs.writeSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(unfinished, file);
}
