/** What one query may bring, when rows are as large as the last ones were. */
export const BATCH_TARGET_BYTES = 4 * 1024 ** 2;
const COUNT_FIRST = 16;

/**
 * How many rows of unknown size to ask for at once: grows while rows are small, shrinks at once
 * when they are large, so that a batch stays near its target of bytes.
 */
export class BatchSize {
  count: number;

  constructor(
    private readonly countMax = 512,
    private readonly bytesTarget = BATCH_TARGET_BYTES,
  ) {
    this.count = Math.min(COUNT_FIRST, countMax);
  }

  /** Notes what the last batch brought. */
  note(rows: number, bytes: number): void {
    if (rows === 0) return;
    const fitting = Math.floor(this.bytesTarget / Math.max(1, bytes / rows));
    const grown = this.count * 4;
    this.count = Math.max(1, Math.min(fitting, grown, this.countMax));
  }
}
