import { availableParallelism } from 'node:os';
import type { Id } from '~/muse/ids';
import type { DecodeBounds, EncodedObject } from '~/muse/object-decoder';
import type { Problem } from '~/muse/problem';
import type { ObjectChecker, ObjectChecks } from '../ports/object-checker';
import type { CheckAnswer, CheckRequest } from './check-worker';
import { type BatchFindings, checkObjects, ObjectBatch } from './object-batch';
import { programBeside, ThreadPool } from './thread-pool';

export interface ThreadedCheckerOptions {
  /** The program of a thread; the one that lies beside this file when absent. */
  program?: URL;
  threads?: number;
  /** Objects at the start of each push that are checked at once; see `HERE_MAX_OBJECTS`. */
  hereMaxObjects?: number;
}

/** At least two of the largest objects, and so many of the usual ones that a message is cheap. */
const BATCH_BYTES = 256 * 1024;
/** Of one push: with these its memory is bounded, and its threads never wait for the next. */
const BATCHES_UNDER_WAY_MAX = 3;
const BATCHES_KEPT_MAX = 16;
/** The usual push is small: it needs no thread, nor a message to one. */
const HERE_MAX_OBJECTS = 64;
const THREADS_MAX = 4;
const BATCH_MAX_MS = 60_000;
const THREAD_MEMORY_MIB = 64;

type OnPolyglot = (id: Id, formats: string) => void;

/** `ObjectChecker` in threads of this process, but for the first objects of each push. */
export class ThreadedChecker implements ObjectChecker {
  readonly #pool: ThreadPool<CheckRequest>;
  readonly #hereMaxObjects: number;
  readonly #free: ArrayBuffer[] = [];

  constructor(options: ThreadedCheckerOptions = {}) {
    this.#hereMaxObjects = options.hereMaxObjects ?? HERE_MAX_OBJECTS;
    this.#pool = new ThreadPool({
      program: options.program ?? programBeside(import.meta.url, 'check-worker'),
      // One core is busy with the frames.
      threads: options.threads ?? Math.max(1, Math.min(THREADS_MAX, availableParallelism() - 1)),
      taskMaxMs: BATCH_MAX_MS,
      overrun: () => new Error(`checking a batch of objects took more than ${BATCH_MAX_MS} ms`),
      // Each push waits for its own.
      waitingMax: Number.POSITIVE_INFINITY,
      memoryMib: THREAD_MEMORY_MIB,
    });
  }

  open(bounds: DecodeBounds, onPolyglot: OnPolyglot): ObjectChecks {
    return new ThreadedChecks(this, bounds, onPolyglot, this.#hereMaxObjects);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  newBatch(): ObjectBatch {
    return new ObjectBatch(this.#free.pop() ?? new ArrayBuffer(BATCH_BYTES));
  }

  async check({ buffer, length }: ObjectBatch, bounds: DecodeBounds): Promise<CheckAnswer> {
    const answer = (await this.#pool.run({ buffer, length, bounds }, [buffer])) as CheckAnswer;
    if (this.#free.length < BATCHES_KEPT_MAX) this.#free.push(answer.buffer);
    return answer;
  }
}

class ThreadedChecks implements ObjectChecks {
  problem: Problem | null = null;
  /** The number of the batch that the problem is of; those checked here come before all. */
  #problemBatch = Number.POSITIVE_INFINITY;
  #here = 0;
  #batches = 0;
  #open: ObjectBatch | null = null;
  /** None of these rejects. */
  readonly #underWay = new Set<Promise<void>>();
  #failure: { error: unknown } | null = null;

  constructor(
    private readonly checker: ThreadedChecker,
    private readonly bounds: DecodeBounds,
    private readonly onPolyglot: OnPolyglot,
    private readonly hereMaxObjects: number,
  ) {}

  add(object: EncodedObject): Promise<void> | undefined {
    if (this.#here < this.hereMaxObjects) {
      this.#here++;
      this.#take(checkObjects([object], this.bounds), -1);
      return undefined;
    }
    let room: Promise<void> | undefined;
    if (this.#open && !this.#open.fits(object)) room = this.#send(this.#open);
    this.#open ??= this.checker.newBatch();
    this.#open.add(object);
    return room;
  }

  async settle(): Promise<Problem | null> {
    if (this.#open) void this.#send(this.#open);
    await Promise.all(this.#underWay);
    if (this.#failure && !this.problem) throw this.#failure.error;
    return this.problem;
  }

  #take({ problem, polyglots }: BatchFindings, batch: number): void {
    for (const [id, formats] of polyglots) this.onPolyglot(id, formats);
    if (!problem || (this.problem && batch >= this.#problemBatch)) return;
    this.problem = problem;
    this.#problemBatch = batch;
  }

  #send(batch: ObjectBatch): Promise<void> | undefined {
    this.#open = null;
    const number = this.#batches++;
    const work = this.checker
      .check(batch, this.bounds)
      .then((findings) => this.#take(findings, number))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
    return this.#underWay.size < BATCHES_UNDER_WAY_MAX ? undefined : Promise.race(this.#underWay);
  }
}
