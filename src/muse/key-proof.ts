import { Buffer } from 'node:buffer';
import { type KeyObject, sign, verify } from 'node:crypto';
import { ed25519PublicKey } from './signature';

/**
 * Who registers a public key shows that they have the private one, by a signature over a sentence
 * with their handle (docs/protocol.md §6). Otherwise the key of somebody else's commits, which
 * everybody can read, could be registered by anyone who would like to have signed them.
 */
const SIGNATURE_TEXT = /^[A-Za-z0-9_-]{86}$/;

const claimOf = (handle: string): Buffer =>
  Buffer.from(`muse signing key of ${handle.toLowerCase()}`);

/** The proof, base64url without padding. */
export function proveKey(handle: string, privateKey: KeyObject): string {
  return sign(null, claimOf(handle), privateKey).toString('base64url');
}

/** Whether a proof was made for this handle with the private half of a public key (32 bytes). */
export function isKeyProof(handle: string, publicKey: Uint8Array, proof: string): boolean {
  if (!SIGNATURE_TEXT.test(proof)) return false;
  const key = ed25519PublicKey(publicKey);
  return verify(null, claimOf(handle), key, Buffer.from(proof, 'base64url'));
}
