import { setTimeout as delay } from 'node:timers/promises';
import type { Id } from '~/muse/ids';
import { ERRORS, Refusal } from '~/wire/errors';
import { type ErrorFrame, type ResultFrame, SFRAME_ERROR } from '~/wire/frames';
import type {
  PushCounts,
  PushFacts,
  PushOpening,
  PushOutcome,
  PushPlan,
  PushStore,
  StoredCommit,
} from '../ports/push-store';
import { type ApplyContext, type ApplyStage, applyInTransaction } from './apply-push';
import { asking, refusalOf, troubleOf } from './database-error';
import { KeyedQueue } from './keyed-queue';
import type { PrismaClient } from './prisma-client';
import { closePush, failStalePushes, findPush, openPush, touchPush } from './push-history';
import { isAncestor } from './reachability';
import {
  findCommits,
  findObjects,
  findSigningKeys,
  findSnapshots,
  loadRecords,
  loadTrees,
  storedBytes,
} from './stored-rows';

export interface PushStoreOptions {
  /** Transactions of pushes at the same time; less than the pool, so that reads find connections. */
  appliesMax?: number;
  /** How long the transaction of one push may take. */
  applyMaxMs?: number;
  /** How long it waits for a connection to begin. */
  beginMaxMs?: number;
  /** How long it waits for a row that another transaction holds. */
  lockMaxMs?: number;
  /** How long a push waits for a database that went away, and the outcome of a commit is looked for. */
  outageMaxMs?: number;
  now?: () => number;
  /** Awaited at each stage of the transaction; what it throws ends the push. */
  onStage?: (stage: ApplyStage) => void | Promise<void>;
}

const APPLIES_MAX = 4;
const APPLY_MAX_MS = 10 * 60_000;
const BEGIN_MAX_MS = 30_000;
const LOCK_MAX_MS = 2 * 60_000;
/** Long enough for a server that is started again, or a standby that takes over. */
const OUTAGE_MAX_MS = 20_000;
const OUTAGE_RETRY_MS = 250;
/** Times that a transaction which met another one is tried. */
const CONFLICT_ATTEMPTS_MAX = 5;
const CONFLICT_RETRY_MS = 20;

/** The push's port over PostgreSQL. Every method throws `Refusal` `database-unavailable` when it does not answer. */
export class PostgresPushStore implements PushStore {
  readonly #queue: KeyedQueue;
  readonly #applyMaxMs: number;
  readonly #beginMaxMs: number;
  readonly #outageMaxMs: number;
  readonly #context: ApplyContext;

  constructor(
    private readonly prisma: PrismaClient,
    options: PushStoreOptions = {},
  ) {
    this.#queue = new KeyedQueue(options.appliesMax ?? APPLIES_MAX);
    this.#applyMaxMs = options.applyMaxMs ?? APPLY_MAX_MS;
    this.#beginMaxMs = options.beginMaxMs ?? BEGIN_MAX_MS;
    this.#outageMaxMs = options.outageMaxMs ?? OUTAGE_MAX_MS;
    this.#context = {
      now: options.now ?? Date.now,
      lockMaxMs: options.lockMaxMs ?? LOCK_MAX_MS,
      onStage: options.onStage ?? (() => {}),
    };
  }

  openPush(opening: PushOpening): Promise<PushFacts> {
    return asking(() => openPush(this.prisma, opening));
  }

  touchPush(repoId: string, pushId: string, counts: PushCounts): Promise<void> {
    return asking(() => touchPush(this.prisma, repoId, pushId, counts));
  }

  closePush(
    repoId: string,
    pushId: string,
    outcome: 'refused' | 'failed',
    frame: ErrorFrame,
    counts: PushCounts,
  ): Promise<void> {
    return asking(() => closePush(this.prisma, { repoId, pushId, outcome, frame, counts }));
  }

  findPush(repoId: string, pushId: string): Promise<PushOutcome | null> {
    return asking(() => findPush(this.prisma, repoId, pushId));
  }

  failStalePushes(silentForMs: number): Promise<number> {
    return asking(() => failStalePushes(this.prisma, silentForMs, ABANDONED));
  }

  storedBytes(repoId: string): Promise<number> {
    return asking(() => storedBytes(this.prisma, repoId));
  }

  findObjects(repoId: string, ids: Id[]): Promise<Set<Id>> {
    return asking(() => findObjects(this.prisma, repoId, ids));
  }

  findSnapshots(
    repoId: string,
    ids: Id[],
  ): Promise<Map<Id, { rootTreeId: Id; entryCount: number }>> {
    return asking(() => findSnapshots(this.prisma, repoId, ids));
  }

  findCommits(repoId: string, ids: Id[]): Promise<Map<Id, StoredCommit>> {
    return asking(() => findCommits(this.prisma, repoId, ids));
  }

  loadRecords(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    return asking(() => loadRecords(this.prisma, repoId, ids));
  }

  loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    return asking(() => loadTrees(this.prisma, repoId, ids));
  }

  isAncestor(repoId: string, ancestor: Id, heads: Id[]): Promise<boolean> {
    return asking(() => isAncestor(this.prisma, repoId, ancestor, heads));
  }

  findSigningKeys(
    keyIds: string[],
  ): Promise<Map<string, { publicKey: Uint8Array; userId: string }>> {
    return asking(() => findSigningKeys(this.prisma, keyIds));
  }

  async applyPush(plan: PushPlan): Promise<ResultFrame> {
    return this.#queue.run(plan.repoId, () => this.#applyWithRetries(plan));
  }

  /**
   * Repeats the transaction when it met another one, or the database went away before COMMIT was
   * sent. When the connection broke after that, nobody can know whether it landed but the push row:
   * it is looked up, and only if it says no, the transaction is repeated.
   */
  async #applyWithRetries(plan: PushPlan): Promise<ResultFrame> {
    let conflicts = 0;
    let outageSince: number | null = null;
    for (;;) {
      const commit = { sent: false };
      try {
        return await this.#applyOnce(plan, commit);
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble === 'conflict') {
          conflicts++;
          if (conflicts === CONFLICT_ATTEMPTS_MAX) throw refusalOf(error);
          await delay(CONFLICT_RETRY_MS * 2 ** conflicts * (0.5 + Math.random()));
        } else if (trouble === 'unavailable') {
          if (commit.sent) {
            const landed = await this.#settle(plan, error);
            if (landed) return landed;
          }
          outageSince ??= Date.now();
          if (Date.now() - outageSince >= this.#outageMaxMs) throw refusalOf(error);
          await delay(OUTAGE_RETRY_MS);
        } else {
          throw refusalOf(error);
        }
      }
    }
  }

  async #applyOnce(plan: PushPlan, commit: { sent: boolean }): Promise<ResultFrame> {
    const result = await this.prisma.$transaction(
      async (tx) => {
        const applied = await applyInTransaction(tx, plan, this.#context);
        commit.sent = true;
        return applied;
      },
      { timeout: this.#applyMaxMs, maxWait: this.#beginMaxMs },
    );
    await this.#context.onStage('committed');
    return result;
  }

  /** The RESULT when the push was accepted; null when it surely was not and never will be. */
  async #settle(plan: PushPlan, cause: unknown): Promise<ResultFrame | null> {
    const giveUpAt = Date.now() + this.#outageMaxMs;
    for (;;) {
      try {
        return await this.#lookUpOutcome(plan);
      } catch (error) {
        if (troubleOf(error) !== 'unavailable') throw error;
        if (Date.now() >= giveUpAt) break;
      }
      await delay(OUTAGE_RETRY_MS);
    }
    const sentence = ERRORS['database-unavailable'].sentence;
    throw new Refusal('database-unavailable', { outcome: 'unknown' }, sentence, { cause });
  }

  async #lookUpOutcome({ repoId, pushId }: PushPlan): Promise<ResultFrame | null> {
    return this.prisma.$transaction(
      async (tx) => {
        const lockMaxMs = String(this.#outageMaxMs);
        await tx.$queryRaw`SELECT set_config('lock_timeout', ${lockMaxMs}, true) AS lock_timeout`;
        // Waits for the transaction in doubt, if it is still alive: it holds this row to its end.
        await tx.$queryRaw`
          SELECT push_seq FROM repositories WHERE id = ${repoId}::uuid FOR SHARE`;
        const [row] = await tx.$queryRaw<{ frame: ResultFrame }[]>`
          SELECT frame FROM pushes
           WHERE repo_id = ${repoId}::uuid AND id = ${pushId}::uuid AND outcome = 'accepted'`;
        return row?.frame ?? null;
      },
      { timeout: this.#outageMaxMs * 2, maxWait: this.#outageMaxMs },
    );
  }
}

const ABANDONED: ErrorFrame = {
  type: SFRAME_ERROR,
  code: 'truncated-stream',
  message: ERRORS['truncated-stream'].sentence,
  retryable: ERRORS['truncated-stream'].retryable,
  detail: { reason: 'the process that received it ended' },
};
