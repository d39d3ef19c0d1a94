import type { PushFeed, PushSignal } from '~/server/ports/push-feed';
import { newProgress, type PushProgress } from './push-progress';

/** A push that moves is told of at most this often, and one that stands still this often. */
const MOVING_MS = 500;
const STANDING_MS = 5_000;

type Feed = Pick<PushFeed, 'publish'>;

/** Tells those who watch that a push began, or how it ended; never waits. */
export function tellPush(
  feed: Feed,
  push: { repoId: string; pushId: string; state: PushSignal['state'] },
  progress: PushProgress = newProgress(),
): void {
  const { phase, objects, commits, bytesReceived } = progress;
  feed.publish({ ...push, phase, objects, commits, bytesReceived });
}

/** The progress of one push, to be looked at often and told of seldom. */
export class PushReporter {
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #told = '';

  constructor(
    private readonly feed: Feed,
    private readonly push: { repoId: string; pushId: string },
  ) {}

  report(progress: PushProgress, nowMs: number): void {
    const { phase, objects, commits, bytesReceived } = progress;
    const now = `${phase} ${objects} ${commits} ${bytesReceived}`;
    const waitMs = now === this.#told ? STANDING_MS : MOVING_MS;
    if (nowMs - this.#toldAtMs < waitMs) return;
    this.#toldAtMs = nowMs;
    this.#told = now;
    tellPush(this.feed, { ...this.push, state: 'under-way' }, progress);
  }
}
