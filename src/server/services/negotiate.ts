import type { Id } from '~/muse/ids';
import type { NegotiateAnswer } from '~/wire/fetch-messages';
import type { FetchStore } from '../ports/fetch-store';
import { requireCommits } from './fetch-wish';
import type { OpenRepository } from './open-repository';

/**
 * Tells a peer which of its commits are known here, so that it need not send its whole history as
 * `have`. It is ready when a fetch with what was said is as small as it gets: a common commit is
 * known, or the peer has nothing to tell. Throws `Refusal` `object-not-found` for a `want` that is
 * not stored here.
 */
export async function negotiate(
  { entry }: OpenRepository,
  { want, have }: { want: Id[]; have: Id[] },
  store: Pick<FetchStore, 'findCommits' | 'commonBase'>,
): Promise<NegotiateAnswer> {
  const known = await store.findCommits(entry.id, [...want, ...have]);
  requireCommits(want, known, entry.idFormat);
  const ack = have.filter((id) => known.has(id));
  const bases =
    want.length > 0 && ack.length > 0 ? await store.commonBase(entry.id, want, ack, 1) : [];
  return {
    ack,
    commonBase: bases[0] ?? null,
    ready: bases.length > 0 || have.length === 0 || want.length === 0,
  };
}
