import { describe, expect, it } from 'vitest';
import { WorkerCompute } from '~/server/compute/worker-compute';
import { ComputeOverrun } from '~/server/ports/compute';
import { describeCompute } from '~tests/contract/compute';
import { directCompute } from '~tests/support/direct-compute';

describeCompute('in place', () => directCompute);
describeCompute('in threads', () => new WorkerCompute({ threads: 2 }));

/** A thread that answers a text with itself, `hang` with nothing for ever and `die` by ending. */
const program = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ args: [text] }) => {
      if (text === 'die') process.exit(1);
      if (text === 'fail') return parentPort.postMessage({ error: new Error('it failed') });
      if (text === 'hang') for (;;);
      parentPort.postMessage({ value: [text] });
    });`)}`,
);

describe('computing in threads', () => {
  it('ends what takes too long, and goes on with the next', async () => {
    const compute = new WorkerCompute({ program, taskMaxMs: 2_000, threads: 1 });
    const hanging = compute.highlightLines('hang', '').catch((error: unknown) => error);
    const next = compute.highlightLines('next', '');
    const error = await hanging;
    expect(ComputeOverrun.is(error)).toBe(true);
    expect(String(error)).toContain('highlightLines');
    expect(await next).toEqual(['next']);
    await compute.close();
  });

  it('refuses what would wait behind too much', async () => {
    const compute = new WorkerCompute({ program, waitingMax: 2, threads: 1 });
    const jobs = ['hang', 'a', 'b', 'c'].map((text) => compute.highlightLines(text, ''));
    await expect(jobs[3]).rejects.toMatchObject({ code: 'rate-limited' });
    const others = Promise.allSettled(jobs);
    await compute.close();
    for (const result of (await others).slice(0, 3)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'shutting-down' } });
    }
    await expect(compute.highlightLines('d', '')).rejects.toMatchObject({ code: 'shutting-down' });
  });

  it('tells an error of a task, and a thread that ended, and goes on', async () => {
    const compute = new WorkerCompute({ program, threads: 1 });
    await expect(compute.highlightLines('fail', '')).rejects.toThrow('it failed');
    await expect(compute.highlightLines('die', '')).rejects.toThrow('thread ended');
    expect(await compute.highlightLines('on', '')).toEqual(['on']);
    await compute.close();
  });
});
