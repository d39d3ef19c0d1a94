import type { Clock } from '~/server/ports/clock';
import type { PushFeed, PushSignal } from '~/server/ports/push-feed';
import { Refusal } from '~/wire/errors';
import type { PushPhase } from '~/wire/frames';
import type { OpenRepository } from './open-repository';

/** What a page that shows pushes is told. */
export type PushNews =
  /** Something is not as it was, or may have been missed: read it again. */
  | { kind: 'look' }
  /** What the reader has is not old; from now on he hears what changes. */
  | { kind: 'current' }
  /** How far a push has come. */
  | {
      kind: 'progress';
      id: string;
      phase: PushPhase;
      objects: number;
      commits: number;
      bytesReceived: number;
    };

export interface WatchPushesDeps {
  feed: Pick<PushFeed, 'watch'>;
  /** The address that the request comes from: what nobody is known by who is not signed in. */
  address: string;
  clock: Pick<Clock, 'now' | 'setTimer'>;
  /** Who asks, and the repository, as they are now. Throws `Refusal`. */
  reopen: () => Promise<OpenRepository>;
  /** What `pushVersion` says now. */
  version: () => Promise<string>;
  /** Aborted when the hub takes no more requests. */
  stopping: AbortSignal;
}

/** An access that was looked at is good for this long; news that come later ask again. */
const ACCESS_GOOD_MS = 1_000;
/** A stream without news asks again whether it may go on. */
const ACCESS_CHECK_MS = 15_000;
/** Pushes of which there are news that the reader has not taken; beyond it he looks anew. */
const WAITING_MAX = 100;

/**
 * News of a repository's pushes, or of one of them, until the reader goes away: first whether what
 * he has is old, by its version; null: he has nothing. Who may not write is told only that an accepted push is there.
 * A slow reader gets the newest word on each push, not every one.
 *
 * Throws `Refusal` when the reader's right was lost: `unauthenticated` when he is not signed in as
 * before, `repo-not-found`; `rate-limited` when too many watch. Ends with an `AbortError` when the
 * hub stops, so that readers come again.
 */
export async function* watchPushes(
  repo: OpenRepository,
  { pushId, version }: { pushId: string | null; version: string | null },
  deps: WatchPushesDeps,
  gone: AbortSignal,
): AsyncGenerator<PushNews> {
  const { clock, stopping } = deps;
  const waiting = new Waiting(pushId);
  const reader = repo.principal.kind === 'user' ? repo.principal.userId : deps.address;
  const stopWatching = deps.feed.watch(repo.entry.id, reader, (signal) => waiting.take(signal));
  const wake = () => waiting.wake();
  for (const signal of [gone, stopping]) signal.addEventListener('abort', wake);
  /** Pushes under way that the reader knows of. */
  const known = new Set<string>();
  let access = repo;
  let checkedAtMs = clock.now();
  try {
    // Asked when the news are heard already, so that nothing falls in between.
    yield { kind: (await deps.version()) === version ? 'current' : 'look' };
    for (;;) {
      const stopTimer = clock.setTimer(ACCESS_CHECK_MS, wake);
      await waiting.forNews();
      stopTimer();
      if (gone.aborted) return;
      if (stopping.aborted) throw new DOMException('the hub stops', 'AbortError');
      if (clock.now() - checkedAtMs >= ACCESS_GOOD_MS) {
        access = await sameReader(repo, deps);
        checkedAtMs = clock.now();
      }
      const { missed, signals } = waiting.drain();
      const news = signals.filter(({ state }) => access.mayWrite || state === 'accepted');
      const looks = news.filter(({ state, pushId: id }) =>
        state === 'under-way' ? isNew(known, id) : true,
      );
      for (const { state, pushId: id } of news) if (state !== 'under-way') known.delete(id);
      if (missed || looks.length > 0) yield { kind: 'look' };
      for (const signal of news) if (signal.state === 'under-way') yield progressOf(signal);
    }
  } finally {
    stopWatching();
    for (const signal of [gone, stopping]) signal.removeEventListener('abort', wake);
  }
}

function isNew(known: Set<string>, id: string): boolean {
  if (known.has(id)) return false;
  known.add(id);
  return true;
}

const progressOf = ({ pushId, phase, objects, commits, bytesReceived }: PushSignal): PushNews => ({
  ...{ kind: 'progress', id: pushId, phase, objects, commits, bytesReceived },
});

async function sameReader(repo: OpenRepository, deps: WatchPushesDeps): Promise<OpenRepository> {
  const now = await deps.reopen();
  const [before, after] = [repo.principal, now.principal];
  const same =
    before.kind === 'user'
      ? after.kind === 'user' && after.userId === before.userId
      : after.kind === before.kind;
  if (!same) throw new Refusal('unauthenticated');
  return now;
}

/** What came since the reader took the last of it: one word for each push. */
class Waiting {
  #signals = new Map<string, PushSignal>();
  #missed = false;
  #awake = false;
  #wake = (): void => undefined;

  constructor(private readonly pushId: string | null) {}

  take(signal: PushSignal | null): void {
    if (signal && this.pushId !== null && signal.pushId !== this.pushId) return;
    if (signal === null || this.#signals.size >= WAITING_MAX) {
      this.#signals.clear();
      this.#missed = true;
    }
    // An ending is the last word, whatever comes after it on another way.
    else if (this.#signals.get(signal.pushId)?.state !== 'accepted') {
      this.#signals.set(signal.pushId, signal);
    }
    this.wake();
  }

  wake(): void {
    this.#awake = true;
    this.#wake();
  }

  /** Resolves when there is something, or somebody woke it. */
  async forNews(): Promise<void> {
    if (!this.#awake) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#awake = false;
  }

  drain(): { missed: boolean; signals: PushSignal[] } {
    const drained = { missed: this.#missed, signals: [...this.#signals.values()] };
    this.#signals = new Map();
    this.#missed = false;
    return drained;
  }
}
