import { checkBranchName } from '~/muse/branch-name';
import type { Id, IdFormat } from '~/muse/ids';
import { isViolation } from '~/wire/errors';
import {
  decodeNegotiateAnswer,
  decodeRefs,
  encodeNegotiateRequest,
  type Refs,
} from '~/wire/fetch-messages';
import { MSGPACK_MIME_TYPE } from '~/wire/limits';
import { ClientError } from './client-error';
import { type Caller, requestBytes, requestJson } from './http';
import { mapOf, textOf, unexpected } from './json-answer';
import type { RemoteAddress } from './remote-address';

/** Who a token stands for. */
export interface Whoami {
  handle: string;
  kind: string;
  role: string;
  scopes: string[];
}

/** Asks a hub whose token this is; `unauthenticated` when it is nobody's. */
export async function whoami(hub: URL, caller: Caller): Promise<Whoami> {
  const value = mapOf(await requestJson(new URL('/api/whoami', hub), caller, 'GET'));
  return {
    handle: textOf(value.handle, 'handle'),
    kind: textOf(value.kind ?? 'human', 'kind'),
    role: textOf(value.role ?? 'member', 'role'),
    scopes: Array.isArray(value.scopes) ? value.scopes.map(String) : [],
  };
}

export interface NewRepository {
  slug: string;
  owner?: string;
  visibility: 'public' | 'private';
  description?: string;
}

export interface CreatedRepository {
  repoId: string;
  owner: string;
  slug: string;
  url: string;
}

/** Makes a repository on a hub; `already-exists` when there is one of that name. */
export async function createRepository(
  hub: URL,
  caller: Caller,
  repository: NewRepository,
): Promise<CreatedRepository> {
  const value = mapOf(
    await requestJson(new URL('/api/repos', hub), caller, 'POST', repository).catch((error) => {
      if (error instanceof ClientError && error.detail.status === 409) {
        throw new ClientError('already-exists', `${repository.slug} is there already.`);
      }
      throw error;
    }),
  );
  return {
    repoId: textOf(value.repo_id, 'repo_id'),
    owner: textOf(value.owner, 'owner'),
    slug: textOf(value.slug, 'slug'),
    url: textOf(value.url, 'url'),
  };
}

/** What `GET refs` tells of a repository; every branch name is one that can be stored. */
export interface RemoteRefs extends Omit<Refs, 'branchHeads'> {
  heads: Map<string, Id>;
}

export async function getRefs(remote: RemoteAddress, caller: Caller): Promise<RemoteRefs> {
  const body = await requestBytes(new URL(`${remote.url}/refs`), caller, {
    method: 'GET',
    accept: MSGPACK_MIME_TYPE,
  });
  const refs = decodeRefs(body, 'msgpack');
  if (isViolation(refs)) throw unexpected(refs.message);
  const heads = new Map(Object.entries(refs.branchHeads));
  for (const name of [refs.defaultBranch, ...heads.keys()]) {
    // These names become names of files here.
    const reason = checkBranchName(name);
    if (reason !== null) throw unexpected(`the branch name ${JSON.stringify(name)} ${reason}`);
  }
  return { ...refs, heads };
}

/** Which of some commits a remote has. */
export async function knownCommits(
  remote: RemoteAddress,
  caller: Caller,
  ids: Id[],
  idFormat: IdFormat,
): Promise<Id[]> {
  const body = await requestBytes(new URL(`${remote.url}/negotiate`), caller, {
    method: 'POST',
    accept: MSGPACK_MIME_TYPE,
    body: encodeNegotiateRequest({ want: [], have: ids }, idFormat),
    bodyType: MSGPACK_MIME_TYPE,
  });
  const answer = decodeNegotiateAnswer(body, 'msgpack');
  if (isViolation(answer)) throw unexpected(answer.message);
  const asked = new Set(ids);
  return answer.ack.filter((id) => asked.has(id));
}
