import { Readable, Writable } from 'node:stream';
import type { Surroundings } from '~/cli/command';
import { run } from '~/cli/run';

/** A stream that keeps what is written to it. */
export class Sink extends Writable {
  text = '';
  isTTY = false;
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Runs the program in this process, where it waits for nothing and opens no browser. */
export async function runCli(
  argv: string[],
  around: Pick<Surroundings, 'cwd' | 'home'> & { env?: Record<string, string>; stdin?: string },
): Promise<Ran> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const { cwd, home, env, stdin = '' } = around;
  const code = await run(argv, {
    ...{ cwd, home, stdout, stderr },
    env: { NODE_ENV: 'test', ...env },
    openStdin: () => Readable.from([stdin]) as unknown as NodeJS.ReadStream,
    signal: new AbortController().signal,
    wait: () => Promise.reject(new Error('this command does not wait')),
    openPage: () => undefined,
  });
  return { code, out: stdout.text, err: stderr.text };
}
