import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { ClientError, fileError } from './client-error';

/** Readable by its owner alone from the first byte; never written through a symbolic link. */
export function writeSecret(file: string, text: string): void {
  const folder = path.dirname(file);
  const temp = path.join(folder, `.secret-tmp-${randomBytes(8).toString('hex')}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new ClientError('bad-configuration', `${file} is a symbolic link.`, {
        fix: 'Put a plain file in its place.',
      });
    }
    const handle = openSync(temp, 'wx', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temp, file);
  } catch (error) {
    rmSync(temp, { force: true });
    throw fileError(error, `write ${file}`);
  }
}
