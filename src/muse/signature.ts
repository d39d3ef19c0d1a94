import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Commit } from './commit';
import { sha256 } from './ids';
import { type Problem, problem } from './problem';

/**
 * The signature gate (docs/protocol.md §6): Ed25519 over the provenance of a commit, by a key that
 * is registered to an account.
 */

/** verified by a registered key · made by a key nobody registered · not true · none there. */
export type SignatureState = 'verified' | 'unknown-key' | 'bad' | 'none';

/** What of a commit is signed, and with what. */
export type SignedCommit = Pick<
  Commit,
  | 'id'
  | 'author'
  | 'agentId'
  | 'modelId'
  | 'toolchainId'
  | 'promptHash'
  | 'signature'
  | 'signerKeyId'
  | 'signerPublicKey'
>;

const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SHORT_KEY_ID_CHARS = 16;
/** 64 bytes in base64url without padding. */
const SIGNATURE_TEXT = /^[A-Za-z0-9_-]{86}$/;
const PUBLIC_KEY_TEXT = /^(?:ed25519:)?([A-Za-z0-9_-]{43})=?$/;
const KEY_ID_TEXT = /^(?:[0-9a-f]{16}|(?:sha256:)?[0-9a-f]{64})$/;

/** The name of a key: 64 hex of SHA-256 of the raw public key; the first 16 are its short form. */
export function keyIdOf(publicKey: Uint8Array): string {
  return sha256(publicKey);
}

export function shortKeyId(keyId: string): string {
  return keyId.slice(0, SHORT_KEY_ID_CHARS);
}

/** The raw public key (32 bytes) for its text, base64url with or without `ed25519:`; else null. */
export function parsePublicKey(text: string): Buffer | null {
  const found = PUBLIC_KEY_TEXT.exec(text);
  if (!found) return null;
  const bytes = Buffer.from(found[1]!, 'base64url');
  return bytes.length === PUBLIC_KEY_BYTES ? bytes : null;
}

/** The text that is signed: lowercase hex of SHA-256 of the fields, joined with NUL. */
export function signedMessageDigest(commit: SignedCommit): string {
  return sha256(
    [
      commit.id,
      commit.author,
      commit.agentId,
      commit.modelId,
      commit.toolchainId,
      commit.promptHash,
    ].join('\0'),
  );
}

/** Whether a commit's signature is of this public key (32 bytes). */
export function verifySignature(commit: SignedCommit, publicKey: Uint8Array): boolean {
  if (!SIGNATURE_TEXT.test(commit.signature)) return false;
  const signature = Buffer.from(commit.signature, 'base64url');
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  const message = Buffer.from(signedMessageDigest(commit), 'latin1');
  return verify(null, message, ed25519PublicKey(publicKey), signature);
}

const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/** A public key (32 bytes) to verify with. Parsing a key costs as much as a check; a push of many commits comes with few keys. */
export function ed25519PublicKey(publicKey: Uint8Array): KeyObject {
  let key = keyObjects.get(publicKey);
  if (!key) {
    const x = Buffer.from(publicKey).toString('base64url');
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    keyObjects.set(publicKey, key);
  }
  return key;
}

/**
 * The names under which a commit's key may be registered: 64 hex, or 16 hex when the record gives
 * the short form; none when it is not signed or names no key.
 */
export function keyIdsOf(commit: SignedCommit): string[] {
  if (commit.signature === '') return [];
  const ids: string[] = [];
  if (KEY_ID_TEXT.test(commit.signerKeyId)) ids.push(commit.signerKeyId.replace('sha256:', ''));
  const publicKey = parsePublicKey(commit.signerPublicKey);
  if (publicKey) ids.push(keyIdOf(publicKey));
  return ids;
}

/**
 * Tells the four states apart. `lookup` gives the registered public key (32 bytes) for one of
 * `keyIdsOf`, whose own name is checked again here. A key that only the record itself gives
 * proves nothing: without registration the state is `unknown-key`, whatever the arithmetic says.
 */
export function signatureState(
  commit: SignedCommit,
  lookup: (keyId: string) => Uint8Array | null | undefined,
): SignatureState {
  if (commit.signature === '') return 'none';
  let registered = false;
  for (const keyId of keyIdsOf(commit)) {
    const publicKey = lookup(keyId);
    if (!publicKey || !keyIdOf(publicKey).startsWith(keyId)) continue;
    registered = true;
    if (verifySignature(commit, publicKey)) return 'verified';
  }
  return registered ? 'bad' : 'unknown-key';
}

/** The gate of a repository that takes signed commits only: what is wrong with this one, or null. */
export function checkSigned(commitId: string, state: SignatureState): Problem | null {
  if (state === 'verified') return null;
  return state === 'none'
    ? problem('signature-required', { commit_id: commitId })
    : problem('signature-invalid', { commit_id: commitId, state });
}
