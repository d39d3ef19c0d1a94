import type { Principal } from '~/server/access';
import type { KeyStore, ListedSigningKey } from '~/server/ports/key-store';
import { expectAccountAdmin } from './expect-account-admin';

const LISTED_MAX = 200;

/** The signing keys of the one who asks, newest first. Throws `Refusal` as `expectAccountAdmin`. */
export async function listKeys(
  principal: Principal,
  { keys }: { keys: Pick<KeyStore, 'listKeys'> },
): Promise<ListedSigningKey[]> {
  return keys.listKeys(expectAccountAdmin(principal).userId, LISTED_MAX);
}
