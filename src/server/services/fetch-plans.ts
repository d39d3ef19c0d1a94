import { type Id, sha256 } from '~/muse/ids';
import type { FetchStore } from '../ports/fetch-store';
import { BoundedCache } from './bounded-cache';
import { type FetchPlan, type FetchWish, planFetch } from './plan-fetch';
import type { TreeSource } from './tree-source';

/** Of what all plans may take, one may take this part. */
const PLAN_SHARE_MAX = 1 / 2;

/**
 * The plans of the last fetches of this process. What is cloned is mostly what was just cloned: the
 * same heads, by the next builder, and what one commit reaches never changes. Fetches that ask for
 * the same at the same time wait for one plan.
 */
export class FetchPlans {
  readonly #plans: BoundedCache<FetchPlan>;

  /** @param maxBytes what all plans together may keep in memory; 0 keeps none */
  constructor(maxBytes: number) {
    this.#plans = new BoundedCache(
      maxBytes,
      ({ heldBytes }) => heldBytes,
      maxBytes * PLAN_SHARE_MAX,
    );
  }

  /**
   * As `planFetch`. The wish must have been checked: what is gone from the repository meanwhile
   * would still be in a plan.
   */
  find(repoId: string, wish: FetchWish, store: FetchStore, trees: TreeSource): Promise<FetchPlan> {
    return this.#plans.get(keyOf(repoId, wish), () => planFetch(repoId, wish, store, trees));
  }
}

function keyOf(repoId: string, { want, have, depth }: FetchWish): Id {
  const text = JSON.stringify([repoId, depth, [...want].sort(), [...have].sort()]);
  return sha256(Buffer.from(text));
}
