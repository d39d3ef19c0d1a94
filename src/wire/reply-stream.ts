import { encodeReplyFrame } from './frame-codec';
import { type PushPhase, SFRAME_PROGRESS } from './frames';
import {
  PROGRESS_FIRST_MS,
  PROGRESS_MAX_BYTES_BEFORE_END,
  PROGRESS_MAX_SILENCE_MS,
  PROGRESS_MIN_INTERVAL_MS,
} from './limits';

/** How far a push is. */
export interface ReplyProgress {
  phase: PushPhase;
  objects: number;
  commits: number;
  bytesReceived: number;
}

/**
 * When to tell a client how far its push is, and that it is told the end once (docs/protocol.md §3).
 * No clock and no stream: who drives it says what time it is and whether the client reads.
 *
 * - The first PROGRESS goes out when it is first asked for, at the latest 1 s after the start; then
 *   at most 4 per second when something changed, and one each 5 s when nothing did.
 * - A client that does not read is told nothing: what it misses is stale anyway.
 * - Until END has come, PROGRESS has 64 KiB in all. A client that reads only after it has sent
 *   everything leaves the answer in the socket's buffers, and those must never fill: the push
 *   would stand still. Half of the 64 KiB go at 4 per second and 1 per second, the rest each 5 s.
 * - After `end` nothing goes out any more.
 */
export class ReplyStream {
  private readonly startMs: number;
  private lastSentMs: number | null = null;
  private lastAskedMs: number | null = null;
  private lastTold = '';
  private bytesBeforeEnd = 0;
  private ended = false;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** The latest time at which `progress` should be asked again. */
  get nextDueMs(): number {
    if (this.ended) return Number.POSITIVE_INFINITY;
    if (this.lastAskedMs === null) return this.startMs + PROGRESS_FIRST_MS;
    return this.lastAskedMs + PROGRESS_MAX_SILENCE_MS;
  }

  /** A PROGRESS frame to write now, or null. `readerReady`: whether the client takes bytes. */
  progress(nowMs: number, progress: ReplyProgress, readerReady: boolean): Uint8Array | null {
    if (this.ended) return null;
    this.lastAskedMs = nowMs;
    if (!readerReady) return null;
    const { phase, objects, commits, bytesReceived } = progress;
    const told = `${phase} ${objects} ${commits} ${bytesReceived}`;
    const silenceMs = this.lastSentMs === null ? PROGRESS_MAX_SILENCE_MS : nowMs - this.lastSentMs;
    if (silenceMs < (told === this.lastTold ? PROGRESS_MAX_SILENCE_MS : this.intervalMs(phase))) {
      return null;
    }
    const frame = encodeReplyFrame(
      { type: SFRAME_PROGRESS, phase, objects, commits, bytes: bytesReceived },
      'bare',
    );
    if (phase === 'receiving') {
      if (this.bytesBeforeEnd + frame.length > PROGRESS_MAX_BYTES_BEFORE_END) return null;
      this.bytesBeforeEnd += frame.length;
    }
    this.lastSentMs = nowMs;
    this.lastTold = told;
    return frame;
  }

  /**
   * The ending frame, RESULT or ERROR, given as its bytes: the last thing that is written. A second
   * one is a mistake of the hub and throws.
   */
  end(frame: Uint8Array): Uint8Array {
    if (this.ended) throw new Error('a push was answered twice');
    this.ended = true;
    return frame;
  }

  /** How long it is silent at least; longer, the more of the bytes before END are spent. */
  private intervalMs(phase: PushPhase): number {
    const spent = this.bytesBeforeEnd / PROGRESS_MAX_BYTES_BEFORE_END;
    if (phase !== 'receiving' || spent < 1 / 4) return PROGRESS_MIN_INTERVAL_MS;
    return spent < 1 / 2 ? PROGRESS_FIRST_MS : PROGRESS_MAX_SILENCE_MS;
  }
}
