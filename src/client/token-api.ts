import { ClientError } from './client-error';
import { type Caller, requestJson } from './http';
import { listOf, mapOf, optionalText, textOf } from './json-answer';

/** An access token as a hub lists it. */
export interface TokenOnHub {
  id: string;
  name: string;
  scopes: string[];
  /** As `owner/name`; null: all. */
  repositories: string[] | null;
  branchPattern: string | null;
  expiresAt: string | null;
  lastUsed: { at: string; address: string; client: string } | null;
  current: boolean;
}

export interface NewToken {
  name: string;
  scopes: string[];
  repositories: string[] | null;
  branchPattern: string | null;
  /** null: as the hub has it. */
  days: number | null;
}

/** The caller's tokens, newest first. */
export async function listTokens(hub: URL, caller: Caller): Promise<TokenOnHub[]> {
  const answer = mapOf(await requestJson(new URL('/api/tokens', hub), caller, 'GET'));
  return listOf(answer.tokens, 'tokens').map((item) => {
    const token = mapOf(item);
    const used = token.last_used === null ? null : mapOf(token.last_used);
    return {
      ...namesOf(token),
      lastUsed: used && {
        at: textOf(used.at, 'at'),
        address: textOf(used.address, 'address'),
        client: textOf(used.client, 'client'),
      },
      current: token.current === true,
    };
  });
}

/** Makes a token; its text is told this once. */
export async function createToken(
  hub: URL,
  caller: Caller,
  wanted: NewToken,
): Promise<Omit<TokenOnHub, 'lastUsed' | 'current'> & { text: string }> {
  const { branchPattern: branch_pattern, ...rest } = wanted;
  const body = { ...rest, branch_pattern };
  const answer = mapOf(await requestJson(new URL('/api/tokens', hub), caller, 'POST', body));
  return { ...namesOf(answer), text: textOf(answer.token, 'token') };
}

/** Ends one of the caller's tokens. */
export async function revokeToken(hub: URL, caller: Caller, id: string): Promise<void> {
  const url = new URL(`/api/tokens/${encodeURIComponent(id)}`, hub);
  await requestJson(url, caller, 'DELETE');
}

/** Ends a token whose text one has; nobody has to be signed in. */
export async function revokeLeakedToken(hub: URL, caller: Caller, token: string): Promise<void> {
  const nobody = { ...caller, token: null };
  await requestJson(new URL('/api/tokens/revoke', hub), nobody, 'POST', { token });
}

/** The token that an id, its beginning or a name means; throws `not-found`, or `usage` for several. */
export function findToken(tokens: TokenOnHub[], named: string): TokenOnHub {
  const found = tokens.filter(({ id, name }) => name === named || isStartOf(named, id));
  if (found.length === 1) return found[0]!;
  const fix = 'See: musehub token list';
  throw found.length === 0
    ? new ClientError('not-found', `You have no token ${named}.`, { fix })
    : new ClientError('usage', `${found.length} tokens are named ${named}; give an id.`, { fix });
}

function namesOf(token: Record<string, unknown>) {
  return {
    id: textOf(token.id, 'id'),
    name: textOf(token.name, 'name'),
    scopes: listOf(token.scopes, 'scopes').map(String),
    repositories:
      token.repositories === null ? null : listOf(token.repositories, 'repositories').map(String),
    branchPattern: optionalText(token.branch_pattern, 'branch_pattern'),
    expiresAt: optionalText(token.expires_at, 'expires_at'),
  };
}

/** As many characters of an id as `token list` shows; fewer could be a slip. */
const ID_START_CHARS_MIN = 8;
const isStartOf = (text: string, id: string): boolean =>
  text.length >= ID_START_CHARS_MIN && id.startsWith(text);
