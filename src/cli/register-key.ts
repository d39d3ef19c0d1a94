import type { Caller } from '~/client/http';
import { whoami } from '~/client/hub-api';
import { addKey } from '~/client/key-api';
import { proofOf, type SigningKey } from '~/client/signing-key';

/** Registers a key for the account of the caller; returns its handle. */
export async function registerKey(
  hub: URL,
  caller: Caller,
  key: SigningKey,
  name: string,
): Promise<string> {
  const { handle } = await whoami(hub, caller);
  const { publicKey } = key;
  await addKey(hub, caller, { name, publicKey, proof: proofOf(key, handle) });
  return handle;
}
