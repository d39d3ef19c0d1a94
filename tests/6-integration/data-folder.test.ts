import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Misconfiguration } from '~/server/misconfiguration';
import { openDataFolder } from '~/server/start/data-folder';
import { loadSecrets } from '~/server/start/secrets';

let folder: string;
const cleanups: (() => unknown)[] = [];

beforeEach(() => {
  folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-data-')), 'new', 'data');
});
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
  fs.rmSync(path.dirname(path.dirname(folder)), { recursive: true });
});

const lock = () => path.join(folder, 'hub.lock');

async function open(): Promise<() => void> {
  const close = await openDataFolder(folder);
  cleanups.push(close);
  return close;
}

/** The lock as another holder leaves it. */
function heldBy(holder: { pid: number; started: string; host: string }): void {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(lock(), JSON.stringify(holder));
}

describe('the data folder', () => {
  it('is made for its owner only, and locked by name', async () => {
    await open();
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700);
    expect(JSON.parse(fs.readFileSync(lock(), 'utf8'))).toMatchObject({
      pid: process.pid,
      host: os.hostname(),
    });
  });

  it('is refused to a second one while the first has it, and free afterwards', async () => {
    const close = await open();
    const refused = openDataFolder(folder);
    await expect(refused).rejects.toBeInstanceOf(Misconfiguration);
    await expect(refused).rejects.toThrow(`Another hub (process ${process.pid} on `);
    close();
    expect(fs.existsSync(lock())).toBe(false);
    await open();
  });

  it('is given to one of twenty that come at once after a holder that died', async () => {
    const dead = spawn('true');
    await once(dead, 'exit');
    heldBy({ pid: dead.pid!, started: '1', host: os.hostname() });
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => open()));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is taken over when the number of its holder is now that of another process', async () => {
    const other = spawn('sleep', ['60']);
    cleanups.push(() => other.kill());
    heldBy({ pid: other.pid!, started: '1', host: os.hostname() });
    await open();
  });

  it('is taken over when its lock is damaged', async () => {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(lock(), '{"pid":');
    await open();
  });

  it('is refused while a holder on another machine shows signs of life', async () => {
    heldBy({ pid: process.pid, started: '1', host: 'another-machine' });
    const beat = setInterval(() => fs.utimesSync(lock(), new Date(), new Date()), 200);
    cleanups.push(() => clearInterval(beat));
    await expect(openDataFolder(folder)).rejects.toThrow(/on another-machine\) works in/);
  });

  it('is taken over from another machine that shows none', async () => {
    heldBy({ pid: process.pid, started: '1', host: 'another-machine' });
    const longAgo = new Date(Date.now() - 60_000);
    fs.utimesSync(lock(), longAgo, longAgo);
    await open();
  });
});

describe('the secrets', () => {
  beforeEach(() => fs.mkdirSync(folder, { recursive: true }));

  it('are made once, for their owner only, and kept', () => {
    const made = loadSecrets(folder);
    expect(fs.statSync(path.join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(loadSecrets(folder)).toEqual(made);
    expect(fs.readdirSync(folder)).toEqual(['secrets.json']);
  });

  it('are others in every folder', () => {
    const made = loadSecrets(folder);
    fs.rmSync(path.join(folder, 'secrets.json'));
    const again = loadSecrets(folder);
    expect(again.sessionSecret).not.toBe(made.sessionSecret);
    expect(again.databasePassword).not.toBe(made.databasePassword);
  });

  it.each(['', '{}', '{"sessionSecret":"short","databasePassword":"x"}'])(
    'are refused when damaged: %j',
    (text) => {
      fs.writeFileSync(path.join(folder, 'secrets.json'), text);
      expect(() => loadSecrets(folder)).toThrow(Misconfiguration);
    },
  );
});
