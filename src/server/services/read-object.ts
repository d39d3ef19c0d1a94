import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type { Principal } from '../access';
import type { FetchStore } from '../ports/fetch-store';
import type { IdentityStore } from '../ports/identity-store';
import type { ObjectReader, ObjectToRead } from '../ports/object-storage';
import { type OpenRepository, openRepository } from './open-repository';

/** An object in a repository that the principal may read. */
export interface FoundObject extends ObjectToRead {
  repoId: string;
  /** Whether everyone may read it. */
  isPublic: boolean;
}

/** Repositories that are looked at for one that the principal may read. */
const HOLDERS_MAX = 64;

/** Finds an object in a repository; throws `Refusal` `object-not-found`. */
export async function findObject(
  { entry }: OpenRepository,
  id: Id,
  store: Pick<FetchStore, 'locateObjects'>,
): Promise<FoundObject> {
  const location = (await store.locateObjects(entry.id, [id])).get(id);
  if (!location) throw objectNotFound(id);
  return { id, location, repoId: entry.id, isPublic: entry.visibility === 'public' };
}

/**
 * Finds an object in any repository that the principal may read. Throws `Refusal`
 * `object-not-found` alike for one that is nowhere and one that only others may read.
 */
export async function findObjectAnywhere(
  id: Id,
  principal: Principal,
  deps: {
    store: Pick<FetchStore, 'locateObjects' | 'repositoriesHolding'>;
    identities: Pick<IdentityStore, 'findRepository'>;
  },
): Promise<FoundObject> {
  const holders = await deps.store.repositoriesHolding(id, HOLDERS_MAX, readerOf(principal));
  for (const { owner, slug } of holders) {
    try {
      const repo = await openRepository({ owner, slug, scope: 'read', principal }, deps.identities);
      return await findObject(repo, id, deps.store);
    } catch (error) {
      const hidden =
        Refusal.is(error) && (error.code === 'repo-not-found' || error.code === 'object-not-found');
      if (!hidden) throw error;
    }
  }
  throw objectNotFound(id);
}

/** Whose private repositories are worth a look; undefined: everyone's. */
function readerOf(principal: Principal): string | null | undefined {
  if (principal.kind === 'anonymous') return null;
  return principal.role === 'admin' ? undefined : principal.userId;
}

/** The bytes of an object, or of a range of it, verified before the last of them is given. */
export function readContent(
  object: FoundObject,
  range: { start: number; end: number } | null,
  reader: ObjectReader,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  return reader.readObject(object.repoId, object, {
    form: 'content',
    range: range ?? undefined,
    signal,
  });
}

/** The refusal for an object that is not there, or not for this principal; the same bytes. */
export function objectNotFound(id: Id, idFormat: IdFormat = 'prefixed'): Refusal {
  return new Refusal('object-not-found', { object_id: formatId(id, idFormat) });
}
