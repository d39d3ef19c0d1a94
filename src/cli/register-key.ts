import type { Caller } from '~/client/http';
import { whoami } from '~/client/hub-api';
import { addKey, type KeyOwner } from '~/client/key-api';
import { proofOf, type SigningKey } from '~/client/signing-key';

/** Registers a key for the caller, or an agent of theirs; returns the handle of the account. */
export async function registerKey(
  hub: URL,
  caller: Caller,
  owner: KeyOwner,
  key: SigningKey,
  name: string,
): Promise<string> {
  const handle = owner.agent ?? (await whoami(hub, caller)).handle;
  const { publicKey } = key;
  await addKey(hub, caller, owner, { name, publicKey, proof: proofOf(key, handle) });
  return handle;
}
