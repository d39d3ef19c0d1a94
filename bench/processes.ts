import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Programs that are measured, by what Linux says of them in /proc. */

/** Milliseconds of a tick of /proc/*\/stat; 100 a second on every Linux that Node runs on. */
const TICK_MS = 10;

interface Stat {
  pid: number;
  parent: number;
  /** CPU of the process itself, and of children that it has waited for; ms. */
  ownMs: number;
  waitedMs: number;
}

function statOf(pid: number): Stat | null {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null; // it has ended
  }
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return {
    pid,
    parent: fields[1] ?? 0,
    ownMs: (utime + stime) * TICK_MS,
    waitedMs: (cutime + cstime) * TICK_MS,
  };
}

/** A process and all below it. */
export function processTree(root: number): Stat[] {
  const all = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat !== null);
  const found = all.filter(({ pid }) => pid === root);
  for (let i = 0; i < found.length; i++) {
    for (const stat of all) if (stat.parent === found[i]!.pid) found.push(stat);
  }
  return found;
}

/** CPU that a process and all it started have used; without its own with `childrenOnly`. */
export function cpuOf(root: number, childrenOnly = false): number {
  return processTree(root).reduce(
    (sum, stat) => sum + stat.waitedMs + (childrenOnly && stat.pid === root ? 0 : stat.ownMs),
    0,
  );
}

/** Resident memory of a process, in MiB; 0 when it has ended. */
export function residentMib(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Makes `VmHWM` begin again at what the process has now. */
export function forgetPeak(pid: number): void {
  fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

export interface Program {
  argv: string[];
  cwd?: string;
  env?: Record<string, string>;
}

/** Nobody waits longer for one piece of work. */
const RUN_MAX_MS = 180_000;

/** A program that was ended because it took longer than anybody waits. */
export class TookTooLong extends Error {}

/**
 * Runs a program to its end; rejects with what it said when it fails, with `TookTooLong` when it and
 * all it started had to be ended.
 */
export async function run({ argv, cwd, env }: Program, input?: Iterable<Buffer>): Promise<string> {
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env } as unknown as NodeJS.ProcessEnv,
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    // A process group of its own, so that what it starts can be ended with it.
    detached: true,
  });
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, RUN_MAX_MS);
  let said = '';
  let complained = '';
  child.stdout!.on('data', (part) => {
    said += part;
  });
  child.stderr!.on('data', (part) => {
    complained += part;
  });
  const closed = once(child, 'close');
  if (input) {
    child.stdin!.on('error', () => {}); // its exit code says more
    for (const part of input)
      if (!child.stdin!.write(part)) await Promise.race([once(child.stdin!, 'drain'), closed]);
    child.stdin!.end();
  }
  const [code] = await closed;
  clearTimeout(limit);
  if (late) throw new TookTooLong(`${argv.join(' ')} took more than ${RUN_MAX_MS / 1000} s`);
  if (code !== 0) throw new Error(`${argv.join(' ')} failed with ${code}: ${complained}${said}`);
  return said;
}

/** Starts a server and waits until it says so. */
export async function startServer(
  { argv, cwd, env }: Program,
  readyText: string,
): Promise<ChildProcess> {
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd,
    env: { PATH: process.env.PATH, ...env } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const take = (part: Buffer) => {
      said = (said + part).slice(-20_000);
      if (said.includes(readyText)) resolve();
    };
    child.stdout!.on('data', take);
    child.stderr!.on('data', take);
    child.once('close', (code) =>
      reject(new Error(`${argv.join(' ')} ended with ${code}: ${said}`)),
    );
  });
  return child;
}

export async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

/** Calls `look` every few milliseconds while `work` runs. */
export async function whileWatching<T>(
  work: Promise<T>,
  everyMs: number,
  look: () => void,
): Promise<T> {
  const done = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted) {
      look();
      await delay(everyMs, undefined, { signal: done.signal }).catch(() => {});
    }
  })();
  try {
    return await work;
  } finally {
    done.abort();
    await watching;
  }
}
