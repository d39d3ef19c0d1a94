import type { Principal } from '~/server/access';
import type { KeyStore } from '~/server/ports/key-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { expectAccountAdmin } from './expect-account-admin';

/**
 * Takes back a signing key of the one who asks. What was pushed with it before stays verified; a
 * commit that comes from now on counts as signed by a key that nobody registered.
 *
 * @param keyId 64 hex, with or without `sha256:`
 * Throws `Refusal`: as `expectAccountAdmin`, and `object-not-found` when the account has no such
 * key, or it was revoked before.
 */
export async function revokeKey(
  principal: Principal,
  keyId: string,
  deps: ActDeps & { keys: Pick<KeyStore, 'revokeOwnKey'> },
): Promise<void> {
  const user = expectAccountAdmin(principal);
  const id = keyId.replace(/^sha256:/, '');
  const audit = auditEntry(user, deps, {
    action: 'key.revoke',
    subject: { kind: 'key', id, name: id.slice(0, 16) },
  });
  const known = /^[0-9a-f]{64}$/.test(id);
  if (known && (await deps.keys.revokeOwnKey(user.userId, id, audit))) return;
  throw new Refusal('object-not-found', {}, 'You have no such key; it may be revoked already.');
}
