import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Misconfiguration } from '../misconfiguration';

/**
 * One hub works in a data folder at a time: two would run two PostgreSQL servers on one database.
 *
 * `<data>/hub.lock` names the process that holds it. On the same machine a holder that is gone is
 * seen at once, by its number and start time. A holder on another machine (or in another container)
 * that shares the folder is judged by its heartbeat, the file's time of change.
 */
interface Holder {
  pid: number;
  /** Tells the process from a later one with its number. */
  started: string;
  host: string;
}

const HEARTBEAT_MS = 3_000;
/** Without a heartbeat for so long, a holder elsewhere is taken to be gone. */
const SILENT_MS = 15_000;

/**
 * Makes the data folder (mode 0700) and locks it; the returned function unlocks it.
 * Throws `Misconfiguration` when it cannot be used or another hub works in it.
 */
export async function openDataFolder(folder: string): Promise<() => void> {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    fs.accessSync(folder, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    throw new Misconfiguration(
      `The data folder ${folder} cannot be used (${(error as NodeJS.ErrnoException).code}); make it writable, or set MUSEHUB_DATA to another folder.`,
    );
  }
  const file = path.join(folder, 'hub.lock');
  const self: Holder = { pid: process.pid, started: startOf(process.pid), host: os.hostname() };
  while (!tryToHold(file, self)) await clearStaleLock(file, folder);
  const heartbeat = setInterval(() => {
    const now = new Date();
    fs.utimes(file, now, now, () => {}); // a folder that is gone shows itself elsewhere
  }, HEARTBEAT_MS).unref();
  return () => {
    clearInterval(heartbeat);
    if (isSame(readHolder(file), self)) fs.rmSync(file, { force: true });
  };
}

/** Puts the lock there whole, or not at all when there is one. */
function tryToHold(file: string, self: Holder): boolean {
  const draft = `${file}.${self.pid}`;
  fs.writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft);
  }
}

/** Removes the lock of a holder that is gone; throws when the holder lives. */
async function clearStaleLock(file: string, folder: string): Promise<void> {
  const holder = readHolder(file);
  if (!holder) return; // let go meanwhile
  if (await lives(file, holder)) {
    throw new Misconfiguration(
      `Another hub (process ${holder.pid} on ${holder.host}) works in ${folder}; stop it, or give this one its own MUSEHUB_DATA and PORT.`,
    );
  }
  // Of several that see the stale lock, one succeeds in moving it away; a lock that was renewed in
  // between is put back.
  const aside = `${file}.stale.${process.pid}`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (!isSame(readHolder(aside), holder)) fs.linkSync(aside, file);
  fs.rmSync(aside);
}

async function lives(file: string, holder: Holder): Promise<boolean> {
  if (holder.host === os.hostname()) return startOf(holder.pid) === holder.started;
  while (fs.existsSync(file)) {
    const before = fs.statSync(file).mtimeMs;
    if (Date.now() - before > SILENT_MS) return false;
    await delay(HEARTBEAT_MS + 1_000);
    if (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs !== before) return true;
  }
  return false;
}

function readHolder(file: string): Holder | null {
  try {
    const { pid, started, host } = JSON.parse(fs.readFileSync(file, 'utf8')) as Holder;
    return { pid, started, host };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return { pid: 0, started: 'unreadable', host: os.hostname() };
  }
}

function isSame(a: Holder | null, b: Holder): boolean {
  return a !== null && a.pid === b.pid && a.started === b.started && a.host === b.host;
}

/** When a process started, as the kernel counts it; 'gone' when there is none of this number. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'gone' : (fields[19] ?? 'unknown'); // Z: ended, nobody has asked how
  } catch {
    if (fs.existsSync('/proc/self/stat') || pid <= 0) return 'gone';
  }
  try {
    process.kill(pid, 0);
    return 'alive'; // no /proc: the number alone must do
  } catch {
    return 'gone';
  }
}
