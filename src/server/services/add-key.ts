import { isKeyProof } from '~/muse/key-proof';
import { keyIdOf, parsePublicKey } from '~/muse/signature';
import type { Principal } from '~/server/access';
import type { KeyStore, ListedSigningKey } from '~/server/ports/key-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { expectAccountAdmin } from './expect-account-admin';

export const KEY_NAME_MAX_CHARS = 100;
/** Keys of one account, revoked ones too: those are kept, since they signed something. */
const KEYS_PER_ACCOUNT_MAX = 200;

export interface WantedKey {
  name: string;
  /** Base64url, with or without `ed25519:`. */
  publicKey: string;
  /** A signature by the key over its account (muse/key-proof.ts). */
  proof: string;
}

export interface AddedKey {
  keyId: string;
  name: string;
}

/**
 * Registers a signing key of the one who asks. Adding a key again that is theirs changes nothing.
 *
 * Throws `Refusal`: as `expectAccountAdmin`; `bad-frame` with the field that is wrong;
 * `access-denied` for a key that was revoked, or is somebody else's; `limit-exceeded`.
 */
export async function addKey(
  principal: Principal,
  wanted: WantedKey,
  deps: ActDeps & { keys: Pick<KeyStore, 'listKeys' | 'addKey' | 'findOwner'> },
): Promise<AddedKey> {
  const user = expectAccountAdmin(principal);
  const { keys } = deps;
  const name = wanted.name.trim() || 'key';
  if (name.length > KEY_NAME_MAX_CHARS || /\p{Control}/u.test(name)) {
    throw wrong('name', `A key has a name of at most ${KEY_NAME_MAX_CHARS} characters.`);
  }
  const publicKey = parsePublicKey(wanted.publicKey.trim());
  if (!publicKey) {
    throw wrong('public_key', 'This is not an Ed25519 public key: 32 bytes as base64url.');
  }
  if (!isKeyProof(user.handle, publicKey, wanted.proof.trim())) {
    throw wrong(
      'proof',
      `The proof does not fit the key and the account ${user.handle}; make it with: musehub key show`,
    );
  }
  const keyId = keyIdOf(publicKey);
  const held = await keys.listKeys(user.userId, KEYS_PER_ACCOUNT_MAX);
  expectRoom(held, keyId);
  const audit = auditEntry(user, deps, {
    action: 'key.add',
    subject: { kind: 'key', id: keyId, name },
  });
  if (!(await keys.addKey({ keyId, publicKey, userId: user.userId, name }, audit))) {
    const owner = await keys.findOwner(keyId);
    if (owner?.userId !== user.userId) throw denied('This key is registered to another account.');
    if (owner.revoked) throw denied('This key was revoked; make a new one.');
    return { keyId, name: held.find((key) => key.keyId === keyId)?.name ?? name };
  }
  return { keyId, name };
}

function expectRoom(held: ListedSigningKey[], keyId: string): void {
  if (held.length < KEYS_PER_ACCOUNT_MAX || held.some((key) => key.keyId === keyId)) return;
  const message = `An account has at most ${KEYS_PER_ACCOUNT_MAX} signing keys.`;
  throw new Refusal('limit-exceeded', { limit: KEYS_PER_ACCOUNT_MAX }, message);
}

const wrong = (field: string, message: string): Refusal =>
  new Refusal('bad-frame', { field }, message);
const denied = (message: string): Refusal => new Refusal('access-denied', {}, message);
