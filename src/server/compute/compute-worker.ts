import { parentPort } from 'node:worker_threads';
import { type TaskRequest, tasks } from './tasks';
import type { ThreadAnswer } from './thread-pool';

/** The program of a thread of `WorkerCompute`: takes a task, answers it, waits for the next. */
parentPort?.on('message', async ({ name, args }: TaskRequest) => {
  let answer: ThreadAnswer;
  try {
    const task = tasks[name] as (...args: unknown[]) => unknown;
    answer = { value: await task(...args) };
  } catch (error) {
    answer = { error: error instanceof Error ? error : new Error(String(error)) };
  }
  parentPort?.postMessage(answer);
});
