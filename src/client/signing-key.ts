import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { proveKey } from '~/muse/key-proof';
import { keyIdOf } from '~/muse/signature';
import { ClientError, errnoOf, fileError } from './client-error';
import { hubName } from './identity';
import { writeSecret } from './secret-file';

/**
 * The key that commits for a hub are signed with: an Ed25519 private key as PKCS#8 PEM, which other
 * tools read too, in `~/.muse/keys/<host>.pem`, readable by its owner alone.
 */
export interface SigningKey {
  privateKey: KeyObject;
  /** Base64url of the 32 bytes. */
  publicKey: string;
  /** 64 hex. */
  keyId: string;
}

/** Where the key for a hub is kept; the port's colon is no sign for names of files everywhere. */
export function signingKeyFile(home: string, hub: URL): string {
  return path.join(home, '.muse', 'keys', `${hubName(hub).replaceAll(':', '_')}.pem`);
}

/** Makes a key and writes it; throws `already-exists` when there is one. */
export function generateSigningKey(file: string): SigningKey {
  if (lstatSync(file, { throwIfNoEntry: false })) {
    throw new ClientError('already-exists', `There is a key in ${file} already.`, {
      fix: 'Register it with: musehub key add. Or move it away to make another.',
    });
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  writeSecret(file, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
  return keyOf(privateKey);
}

/** Reads a key; throws `bad-configuration`, also when others may read its file, or `not-found`. */
export function readSigningKey(file: string): SigningKey {
  let pem: string;
  try {
    const { mode } = lstatSync(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new ClientError('bad-configuration', `Others can read the private key in ${file}.`, {
        fix: `Run: chmod 600 ${file}`,
      });
    }
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(error, `read ${file}`);
    throw new ClientError('not-found', `There is no signing key in ${file}.`, {
      fix: 'Make one with: musehub key generate',
    });
  }
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    // What OpenSSL says of it could hold a piece of the key.
    throw notAKey(file);
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw notAKey(file);
  return keyOf(privateKey);
}

/** What registers a key for an account: the proof that its private half is at hand. */
export const proofOf = (key: SigningKey, handle: string): string =>
  proveKey(handle, key.privateKey);

function keyOf(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x!;
  return { privateKey, publicKey, keyId: keyIdOf(Buffer.from(publicKey, 'base64url')) };
}

function notAKey(file: string): ClientError {
  return new ClientError('bad-configuration', `${file} is not an Ed25519 private key in PEM.`, {
    fix: 'Make one with: musehub key generate',
  });
}
