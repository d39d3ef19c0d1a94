import { checkBranchName } from '~/muse/branch-name';
import { type Id, type IdFormat, parseId } from '~/muse/ids';
import { ClientError } from './client-error';
import { type Caller, requestJson } from './http';
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
  const value = fields(await requestJson(new URL('/api/whoami', hub), caller, 'GET'));
  return {
    handle: text(value.handle, 'handle'),
    kind: text(value.kind ?? 'human', 'kind'),
    role: text(value.role ?? 'member', 'role'),
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
  const value = fields(
    await requestJson(new URL('/api/repos', hub), caller, 'POST', repository).catch((error) => {
      if (error instanceof ClientError && error.detail.status === 409) {
        throw new ClientError('already-exists', `${repository.slug} is there already.`);
      }
      throw error;
    }),
  );
  return {
    repoId: text(value.repo_id, 'repo_id'),
    owner: text(value.owner, 'owner'),
    slug: text(value.slug, 'slug'),
    url: text(value.url, 'url'),
  };
}

/** What `GET refs` tells of a repository. */
export interface RemoteRefs {
  repoId: string;
  domain: string;
  defaultBranch: string;
  heads: Map<string, Id>;
  /** Null until the first accepted push. */
  idFormat: IdFormat | null;
  /** Maxima in force; those the hub does not name have their defaults. */
  limits: Record<string, number>;
}

export async function getRefs(remote: RemoteAddress, caller: Caller): Promise<RemoteRefs> {
  const value = fields(await requestJson(new URL(`${remote.url}/refs`), caller, 'GET'));
  const heads = new Map<string, Id>();
  for (const [name, written] of Object.entries(fields(value.branch_heads))) {
    const id = parseId(written);
    // These names become names of files here: one that is not valid is not taken.
    if (id === null || checkBranchName(name) !== null) throw unexpected('branch_heads');
    heads.set(name, id.id);
  }
  const limits: Record<string, number> = {};
  if (typeof value.limits === 'object' && value.limits !== null) {
    for (const [name, max] of Object.entries(value.limits)) {
      if (typeof max === 'number' && Number.isSafeInteger(max) && max > 0) limits[name] = max;
    }
  }
  const format = value.id_format;
  return {
    repoId: text(value.repo_id, 'repo_id'),
    domain: typeof value.domain === 'string' && value.domain !== '' ? value.domain : 'code',
    defaultBranch: typeof value.default_branch === 'string' ? value.default_branch : 'main',
    heads,
    idFormat: format === 'bare' || format === 'prefixed' ? format : null,
    limits,
  };
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected('');
  return value as Record<string, unknown>;
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string') throw unexpected(field);
  return value;
}

function unexpected(field: string): ClientError {
  const what = field === '' ? 'its answer' : `the field ${field} of its answer`;
  return new ClientError('bad-response', `The hub answers in another form: ${what} is not valid.`);
}
