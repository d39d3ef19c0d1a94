import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Refusal } from '~/wire/errors';

export interface ThreadPoolOptions<Request> {
  /** What each thread runs: it answers every message with one `ThreadAnswer`, in order. */
  program: URL;
  threads: number;
  /** A task that takes longer is ended with its thread. */
  taskMaxMs: number;
  /** What such a task is rejected with. */
  overrun: (request: Request) => Error;
  /** Tasks that wait for a thread; further ones are refused. */
  waitingMax: number;
  /** Heap of one thread. */
  memoryMib: number;
}

export type ThreadAnswer = { value: unknown } | { error: Error };

interface Task<Request> {
  request: Request;
  transfer: ArrayBuffer[];
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * A thread's program that was bundled beside the caller's; while developing the source, for which a
 * thread needs the loader anew.
 */
export function programBeside(caller: string, name: string): URL {
  if (!caller.endsWith('.ts')) return new URL(`./${name}.js`, caller);
  const found = createRequire(caller).resolve('tsx/esm/api');
  const loader = pathToFileURL(found.replace(/\.cjs$/, '.mjs'));
  const source = new URL(`./${name}.ts`, caller);
  const code = `import { register } from '${loader}'; register(); await import('${source}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/**
 * Threads of this process. One is started when there is work for it and none is idle; it does one
 * task at a time, so that ending a thread ends one task.
 */
export class ThreadPool<Request extends object> {
  readonly #waiting: Task<Request>[] = [];
  readonly #threads = new Set<Thread<Request>>();
  #closed = false;

  constructor(private readonly options: ThreadPoolOptions<Request>) {}

  /**
   * Has a thread do a task; what is in `transfer` moves there. Rejects with the task's own error,
   * the overrun's, or `Refusal` `rate-limited` (too much waits) and `shutting-down`.
   */
  run(request: Request, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Refusal('shutting-down'));
    if (this.#waiting.length >= this.options.waitingMax) {
      return Promise.reject(new Refusal('rate-limited'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, transfer, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads; what they were doing is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#waiting.splice(0)) task.reject(new Refusal('shutting-down'));
    await Promise.all([...this.#threads].map((thread) => thread.end(new Refusal('shutting-down'))));
  }

  /** Gives the task that waits longest to a thread. */
  #next(): void {
    if (this.#waiting.length === 0) return;
    let thread = [...this.#threads].find(({ idle }) => idle);
    if (!thread) {
      if (this.#threads.size >= this.options.threads) return;
      thread = new Thread<Request>(
        this.options,
        () => this.#next(),
        (ended) => this.#threads.delete(ended),
      );
      this.#threads.add(thread);
    }
    thread.start(this.#waiting.shift()!);
  }
}

class Thread<Request extends object> {
  #task: Task<Request> | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #worker: Worker;

  constructor(
    private readonly options: ThreadPoolOptions<Request>,
    private readonly onFree: () => void,
    private readonly onEnd: (thread: Thread<Request>) => void,
  ) {
    this.#worker = new Worker(options.program, {
      // What this process was started with is not for its threads.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMib },
    });
    // A thread alone does not keep the process from ending.
    this.#worker.unref();
    this.#worker.on('message', (answer: ThreadAnswer) => {
      const task = this.#release();
      if ('error' in answer) task?.reject(answer.error);
      else task?.resolve(answer.value);
      this.onFree();
    });
    this.#worker.on('error', (error) => this.#gone(error as Error));
    this.#worker.on('exit', () => this.#gone(new Error('a computing thread ended')));
  }

  get idle(): boolean {
    return this.#task === null;
  }

  start(task: Task<Request>): void {
    this.#task = task;
    const { taskMaxMs, overrun } = this.options;
    this.#timer = setTimeout(() => void this.end(overrun(task.request)), taskMaxMs);
    this.#worker.ref();
    this.#worker.postMessage(task.request, task.transfer);
  }

  async end(reason: Error): Promise<void> {
    this.#gone(reason);
    await this.#worker.terminate();
  }

  #release(): Task<Request> | null {
    const task = this.#task;
    this.#task = null;
    clearTimeout(this.#timer);
    this.#worker.unref();
    return task;
  }

  #gone(reason: Error): void {
    this.onEnd(this);
    this.#release()?.reject(reason);
    this.onFree();
  }
}
