/** Encoded bytes that are damaged, cut off or followed by others. */
export class DecodeError extends Error {
  constructor(
    /** What is wrong, as the end of a sentence ("the encoded bytes …"). */
    readonly reason: string,
    /** Set when they are not damaged but ask for more than `limit` allows. */
    readonly limit: { name: string; max: number } | null = null,
  ) {
    super(`encoded bytes ${reason}`);
    this.name = 'DecodeError';
  }
}
