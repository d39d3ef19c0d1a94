import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Refusal } from '~/wire/errors';
import { type Compute, ComputeOverrun } from '../ports/compute';
import type { TaskAnswer, TaskName, TaskRequest } from './tasks';

export interface WorkerComputeOptions {
  /** The program of a thread; the one that lies beside this file when absent. */
  program?: URL;
  threads?: number;
  /** A task that takes longer is ended with its thread. */
  taskMaxMs?: number;
  /** Tasks that wait for a thread; further ones are refused. */
  waitingMax?: number;
}

const TASK_MAX_MS = 15_000;
const WAITING_MAX = 64;
const THREAD_MEMORY_MIB = 512;

/** dist/compute-worker.js; while developing the source, for which a thread needs the loader anew. */
function besideThisFile(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./compute-worker.js', import.meta.url);
  const found = createRequire(import.meta.url).resolve('tsx/esm/api');
  const loader = pathToFileURL(found.replace(/\.cjs$/, '.mjs'));
  const source = new URL('./compute-worker.ts', import.meta.url);
  const code = `import { register } from '${loader}'; register(); await import('${source}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

interface Task {
  request: TaskRequest;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * `Compute` in threads of this process. A thread is started when there is work for it and none is
 * idle; it does one task at a time, so that ending a thread ends one task.
 */
export class WorkerCompute implements Compute {
  readonly #options: Required<WorkerComputeOptions>;
  readonly #waiting: Task[] = [];
  readonly #threads = new Set<Thread>();
  #closed = false;

  constructor(options: WorkerComputeOptions = {}) {
    this.#options = {
      program: options.program ?? besideThisFile(),
      threads: options.threads ?? (availableParallelism() > 4 ? 2 : 1),
      taskMaxMs: options.taskMaxMs ?? TASK_MAX_MS,
      waitingMax: options.waitingMax ?? WAITING_MAX,
    };
  }

  compareFiles(...args: Parameters<Compute['compareFiles']>) {
    const [files, options] = args;
    const copies = files.map((file) => ({
      name: file.name,
      before: file.before && ownBytes(file.before),
      after: file.after && ownBytes(file.after),
    }));
    return this.#run('compareFiles', [copies, options]) as ReturnType<Compute['compareFiles']>;
  }

  findSimilar(gone: Uint8Array[], come: Uint8Array[]) {
    const args = [gone.map(ownBytes), come.map(ownBytes)];
    return this.#run('findSimilar', args) as ReturnType<Compute['findSimilar']>;
  }

  highlightLines(text: string, fileName: string) {
    return this.#run('highlightLines', [text, fileName]) as ReturnType<Compute['highlightLines']>;
  }

  drawMidi(bytes: Uint8Array) {
    return this.#run('drawMidi', [ownBytes(bytes)]) as ReturnType<Compute['drawMidi']>;
  }

  compareMidi(before: Uint8Array, after: Uint8Array) {
    const args = [ownBytes(before), ownBytes(after)];
    return this.#run('compareMidi', args) as ReturnType<Compute['compareMidi']>;
  }

  /** Ends all threads; what they were doing is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#waiting.splice(0)) task.reject(new Refusal('shutting-down'));
    await Promise.all([...this.#threads].map((thread) => thread.end(new Refusal('shutting-down'))));
  }

  #run(name: TaskName, args: unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Refusal('shutting-down'));
    if (this.#waiting.length >= this.#options.waitingMax) {
      return Promise.reject(new Refusal('rate-limited'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request: { name, args }, resolve, reject });
      this.#next();
    });
  }

  /** Gives the task that waits longest to a thread. */
  #next(): void {
    if (this.#waiting.length === 0) return;
    let thread = [...this.#threads].find(({ idle }) => idle);
    if (!thread) {
      if (this.#threads.size >= this.#options.threads) return;
      thread = new Thread(
        this.#options,
        () => this.#next(),
        (ended) => this.#threads.delete(ended),
      );
      this.#threads.add(thread);
    }
    thread.start(this.#waiting.shift()!);
  }
}

/** A view may show a small part of a large buffer, which would be sent whole. */
const ownBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

class Thread {
  #task: Task | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #worker: Worker;

  constructor(
    private readonly options: Required<WorkerComputeOptions>,
    private readonly onFree: () => void,
    private readonly onEnd: (thread: Thread) => void,
  ) {
    this.#worker = new Worker(options.program, {
      // What this process was started with is not for its threads.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MIB },
    });
    // A thread alone does not keep the process from ending.
    this.#worker.unref();
    this.#worker.on('message', (answer: TaskAnswer) => {
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

  start(task: Task): void {
    this.#task = task;
    const { taskMaxMs } = this.options;
    this.#timer = setTimeout(() => {
      void this.end(new ComputeOverrun(task.request.name, taskMaxMs));
    }, taskMaxMs);
    this.#worker.ref();
    this.#worker.postMessage(task.request);
  }

  async end(reason: Error): Promise<void> {
    this.#gone(reason);
    await this.#worker.terminate();
  }

  #release(): Task | null {
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
