import { Refusal } from '~/wire/errors';
import { FETCHES_PER_PROCESS } from '~/wire/limits';

const RETRY_AFTER_S = 5;

/** How many answers of history and objects are under way in this process; each holds some memory. */
export class FetchSlots {
  private taken = 0;

  constructor(private readonly max = FETCHES_PER_PROCESS) {}

  /** Takes a slot; the returned function gives it back, once. Throws `rate-limited` when none is free. */
  take(): () => void {
    if (this.taken >= this.max) {
      throw new Refusal(
        'rate-limited',
        { limit: 'fetches_per_process', max: this.max, retry_after_s: RETRY_AFTER_S },
        'Too many fetches are under way; wait a moment and fetch again.',
      );
    }
    this.taken++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.taken--;
    };
  }
}
