import { ClientError } from './client-error';
import { type Caller, requestJson } from './http';
import { listOf, mapOf, optionalText, textOf } from './json-answer';

/** A signing key as a hub lists it. */
export interface KeyOnHub {
  /** 64 hex. */
  keyId: string;
  /** Base64url. */
  publicKey: string;
  name: string;
  createdAt: string;
  revokedAt: string | null;
}

/** Whose keys: those of the caller, or of an agent that the caller answers for. */
export type KeyOwner = { agent: string | null };

const keysUrl = (hub: URL, { agent }: KeyOwner, id = ''): URL => {
  const url = new URL(`/api/keys${id === '' ? '' : `/${encodeURIComponent(id)}`}`, hub);
  if (agent !== null) url.searchParams.set('agent', agent);
  return url;
};

/** The keys of an account, newest first. */
export async function listKeys(hub: URL, caller: Caller, owner: KeyOwner): Promise<KeyOnHub[]> {
  const answer = mapOf(await requestJson(keysUrl(hub, owner), caller, 'GET'));
  return listOf(answer.keys, 'keys').map((item) => {
    const key = mapOf(item);
    return {
      keyId: textOf(key.key_id, 'key_id'),
      publicKey: textOf(key.public_key, 'public_key'),
      name: textOf(key.name, 'name'),
      createdAt: textOf(key.created_at, 'created_at'),
      revokedAt: optionalText(key.revoked_at, 'revoked_at'),
    };
  });
}

/** Registers a key. */
export async function addKey(
  hub: URL,
  caller: Caller,
  owner: KeyOwner,
  key: { name: string; publicKey: string; proof: string },
): Promise<{ keyId: string; name: string }> {
  const { publicKey: public_key, ...rest } = key;
  const body = { ...rest, public_key };
  const answer = mapOf(await requestJson(keysUrl(hub, owner), caller, 'POST', body));
  return { keyId: textOf(answer.key_id, 'key_id'), name: textOf(answer.name, 'name') };
}

/** Takes a key back. */
export async function revokeKey(
  hub: URL,
  caller: Caller,
  owner: KeyOwner,
  keyId: string,
): Promise<void> {
  await requestJson(keysUrl(hub, owner, keyId), caller, 'DELETE');
}

/** The key that an id, its beginning or a name means; throws `not-found`, or `usage` for several. */
export function findKey(keys: KeyOnHub[], named: string): KeyOnHub {
  const id = named.replace(/^sha256:/, '');
  const found = keys.filter(
    (key) =>
      key.revokedAt === null &&
      (key.name === named || (id.length >= ID_START_CHARS_MIN && key.keyId.startsWith(id))),
  );
  if (found.length === 1) return found[0]!;
  const fix = 'See: musehub key list';
  throw found.length === 0
    ? new ClientError('not-found', `You have no key ${named}.`, { fix })
    : new ClientError('usage', `${found.length} keys are named ${named}; give an id.`, { fix });
}

/** Fewer characters of an id could be a slip. */
const ID_START_CHARS_MIN = 8;
