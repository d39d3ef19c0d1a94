import { bytesText, countText, forTerminal, numberText } from './terminal-text';

/** How far something is; totals are 0 where they are not known. */
export interface ProgressState {
  phase: string;
  done: number;
  total: number;
  noun: string;
  bytes: number;
  bytesTotal: number;
}

const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;
const RATE_OVER_MS = 3_000;
const BAR_WIDTH = 20;
/** Some terminals say 0. */
const COLUMNS_DEFAULT = 80;

/**
 * Shows how far a command is: on a terminal one line with a bar that is drawn over and over, else a
 * line each 10 s. It writes to stderr and leaves nothing behind on a terminal.
 */
export class ProgressLine {
  readonly #out: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly #now: () => number;
  #lastMs: number;
  #drawn = false;
  readonly #samples: { ms: number; bytes: number }[] = [];

  constructor(
    out: NodeJS.WritableStream & { isTTY?: boolean; columns?: number },
    now: () => number = () => performance.now(),
  ) {
    this.#out = out;
    this.#now = now;
    // The first line of a log comes when something takes long; the first bar at once.
    this.#lastMs = out.isTTY ? Number.NEGATIVE_INFINITY : now();
  }

  update(state: ProgressState): void {
    const now = this.#now();
    const every = this.#out.isTTY ? DRAW_EVERY_MS : LINE_EVERY_MS;
    if (now - this.#lastMs < every) return;
    this.#lastMs = now;
    const text = this.#text(state, now);
    if (!this.#out.isTTY) {
      this.#out.write(`${text}\n`);
      return;
    }
    const width = (this.#out.columns || COLUMNS_DEFAULT) - 1;
    this.#out.write(`\r\u001b[K${text.slice(0, width)}`);
    this.#drawn = true;
  }

  /** Removes the line; it may come again. */
  clear(): void {
    if (this.#drawn) this.#out.write('\r\u001b[K');
    this.#drawn = false;
    if (this.#out.isTTY) this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  #text(state: ProgressState, now: number): string {
    const { done, total, bytes, bytesTotal } = state;
    const parts = [forTerminal(state.phase).padEnd(9)];
    const share = bytesTotal > 0 ? bytes / bytesTotal : total > 0 ? done / total : null;
    if (share !== null) {
      const full = Math.min(BAR_WIDTH, Math.floor(share * BAR_WIDTH));
      if (this.#out.isTTY) parts.push(`[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`);
      parts.push(`${Math.min(100, Math.floor(share * 100))}%`.padStart(4));
    }
    parts.push(
      total > 0
        ? `${numberText(done)}/${countText(total, state.noun)}`
        : countText(done, state.noun),
    );
    if (bytes > 0) {
      parts.push(
        bytesTotal > 0 ? `${bytesText(bytes)}/${bytesText(bytesTotal)}` : bytesText(bytes),
      );
      const rate = this.#rate(now, bytes);
      if (rate !== null) parts.push(`${bytesText(rate)}/s`);
    }
    return parts.join(' ');
  }

  /** Bytes per second over the last few seconds. */
  #rate(now: number, bytes: number): number | null {
    const samples = this.#samples;
    samples.push({ ms: now, bytes });
    while (samples.length > 2 && now - samples[1]!.ms > RATE_OVER_MS) samples.shift();
    const first = samples[0]!;
    return now - first.ms < 200
      ? null
      : Math.round(((bytes - first.bytes) * 1000) / (now - first.ms));
  }
}
