/** Slow hashes of passwords. */
export interface PasswordHasher {
  /** A text to be stored, which carries its salt and its parameters. Rejects as `verify`. */
  hash(password: string): Promise<string>;
  /**
   * Whether a password is that of a stored hash; `stale` when it should be hashed anew, with the
   * parameters of today. With null it takes as long as with any hash, and the answer is no.
   *
   * Rejects with `Refusal` `rate-limited` when too many wait for an answer already.
   */
  verify(password: string, stored: string | null): Promise<{ right: boolean; stale: boolean }>;
}
