import type { PushPhase } from '~/wire/frames';

/** What is told of a push while it is under way, and once when it has ended. */
export interface PushSignal {
  repoId: string;
  pushId: string;
  state: 'under-way' | 'accepted' | 'not-accepted';
  phase: PushPhase;
  objects: number;
  commits: number;
  bytesReceived: number;
}

/**
 * News of pushes, from the process that receives one to all that show it. It is a convenience: what
 * counts is in the push history, and whoever may have missed something is told to look there.
 */
export interface PushFeed {
  /** Tells every process. Takes no time of its caller's and never throws. */
  publish(signal: PushSignal): void;
  /**
   * Hands on what is told of a repository's pushes until the returned function is called; `null`
   * says that something may have been missed. Throws `Refusal` `rate-limited` when too many watch
   * in this process, or this reader does, whom `reader` tells from others.
   */
  watch(repoId: string, reader: string, listener: (signal: PushSignal | null) => void): () => void;
}
