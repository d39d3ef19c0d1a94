import { availableParallelism } from 'node:os';
import { type Compute, ComputeOverrun } from '../ports/compute';
import type { TaskName, TaskRequest } from './tasks';
import { programBeside, ThreadPool } from './thread-pool';

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

/** `Compute` in threads of this process. */
export class WorkerCompute implements Compute {
  readonly #pool: ThreadPool<TaskRequest>;

  constructor(options: WorkerComputeOptions = {}) {
    const taskMaxMs = options.taskMaxMs ?? TASK_MAX_MS;
    this.#pool = new ThreadPool({
      program: options.program ?? programBeside(import.meta.url, 'compute-worker'),
      threads: options.threads ?? (availableParallelism() > 4 ? 2 : 1),
      taskMaxMs,
      overrun: ({ name }) => new ComputeOverrun(name, taskMaxMs),
      waitingMax: options.waitingMax ?? WAITING_MAX,
      memoryMib: THREAD_MEMORY_MIB,
    });
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
  close(): Promise<void> {
    return this.#pool.close();
  }

  #run(name: TaskName, args: unknown[]): Promise<unknown> {
    return this.#pool.run({ name, args });
  }
}

/** A view may show a small part of a large buffer, which would be sent whole. */
const ownBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
