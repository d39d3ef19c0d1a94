import { Refusal } from '~/wire/errors';
import type { Limits } from '~/wire/limits';

const RETRY_AFTER_S = 5;

/** How many pushes are under way in this process, and for each token (docs/protocol.md §3). */
export class PushSlots {
  private readonly perToken = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: Pick<Limits, 'pushesPerToken' | 'pushesPerProcess'>) {}

  /** Takes a slot; the returned function gives it back. Throws `rate-limited` when none is free. */
  take(tokenId: string): () => void {
    const held = this.perToken.get(tokenId) ?? 0;
    if (held >= this.limits.pushesPerToken) {
      throw this.full('PUSHES_PER_TOKEN', this.limits.pushesPerToken);
    }
    if (this.total >= this.limits.pushesPerProcess) {
      throw this.full('PUSHES_PER_PROCESS', this.limits.pushesPerProcess);
    }
    this.perToken.set(tokenId, held + 1);
    this.total++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.total--;
      const left = this.perToken.get(tokenId)! - 1;
      if (left === 0) this.perToken.delete(tokenId);
      else this.perToken.set(tokenId, left);
    };
  }

  private full(name: string, limit: number): Refusal {
    return new Refusal(
      'rate-limited',
      { name, limit, retry_after_s: RETRY_AFTER_S },
      'Too many pushes are under way; wait for one to end and push again.',
    );
  }
}
