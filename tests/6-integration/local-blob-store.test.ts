import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobMissing } from '~/server/ports/blob-store';
import { FileSpool } from '~/server/storage/file-spool';
import { LocalBlobStore } from '~/server/storage/local-blob-store';
import { Refusal } from '~/wire/errors';
import { describeBlobStore } from '~tests/contract/blob-store';
import { FaultyFiles, systemError } from '~tests/support/faulty-files';

describeBlobStore('local files', async () => {
  const root = await mkdtemp(join(tmpdir(), 'musehub-blobs-'));
  return {
    store: new LocalBlobStore({ root }),
    refusesTakenKeys: true,
    stop: () => rm(root, { recursive: true }),
  };
});

describe('local blob store', () => {
  let above: string;
  let root: string;
  beforeEach(async () => {
    above = await mkdtemp(join(tmpdir(), 'musehub-blobs-'));
    root = join(above, 'data', 'objects');
  });
  afterEach(() => rm(above, { recursive: true }));

  const temporaries = () => readdir(join(root, 'tmp'));
  const refusalCode = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => null,
      (e: unknown) => e,
    );
    return Refusal.is(error) ? error.code : error;
  };

  it('fsyncs the bytes before they have a name, and the name before it says done', async () => {
    const disk = new FaultyFiles();
    const store = new LocalBlobStore({ root, files: disk.files });
    await store.put('segments/r/one', [Buffer.from('x')]);
    const expectAfter = (call: RegExp, other: RegExp) => {
      const [at, otherAt] = [call, other].map((c) => disk.calls.findLastIndex((x) => c.test(x)));
      expect(at, String(call)).toBeGreaterThan(-1);
      expect(at, `${call} after ${other}`).toBeGreaterThan(otherAt!);
    };
    const temporary = basename(disk.calls.find((c) => c.startsWith('writev'))!.slice(7));
    expectAfter(new RegExp(`sync ${temporary}`), new RegExp(`writev ${temporary}`));
    expectAfter(/link one/, new RegExp(`sync ${temporary}`));
    expectAfter(/sync r$/, /link one/);
    // Every folder that was made has its entry on disk before the blob is named.
    expectAfter(/link one/, /sync segments$/);
    expectAfter(/sync segments$/, /mkdir r$/);
    expectAfter(/sync objects$/, /mkdir segments$/);
    expectAfter(/sync data$/, /mkdir objects$/);
    expect(disk.calls).toContain(`sync ${basename(above)}`);
    await store.close();
  });

  it('either stores a blob or leaves nothing, whichever call fails', async () => {
    const calls: string[] = [];
    const attempt = async (failing: number) => {
      const disk = new FaultyFiles();
      const store = new LocalBlobStore({ root: join(above, `n${failing}`), files: disk.files });
      disk.before = (call, index) => {
        if (failing === -1) calls.push(call);
        if (index === failing) throw systemError('EIO');
      };
      const outcome = await store.put('segments/r/one', [Buffer.from('x')]).then(
        () => 'stored',
        (error: Error) => error.message,
      );
      disk.before = () => {};
      return { store, outcome };
    };
    const undisturbed = await attempt(-1);
    expect(undisturbed.outcome).toBe('stored');
    await undisturbed.store.close();
    expect(calls.length).toBeGreaterThan(10);
    for (const [failing, call] of calls.entries()) {
      const { store, outcome } = await attempt(failing);
      const leftovers = await readdir(join(above, `n${failing}`, 'tmp')).catch(() => []);
      if (call.startsWith('unlink')) {
        expect([outcome, leftovers.length], call).toEqual(['stored', 1]);
      } else {
        expect([outcome, leftovers.length], call).toEqual(['EIO: as if from the disk', 0]);
      }
      // What made it to its name has all its bytes; with the disk mended the next put works.
      const named = await store.read('segments/r/one', 0, 1).catch((error: unknown) => error);
      if (!(named instanceof BlobMissing)) expect(String(named)).toBe('x');
      await store.put('segments/r/two', [Buffer.from('y')]);
      expect(String(await store.read('segments/r/two', 0, 1))).toBe('y');
      await store.close();
    }
  });

  it.each(['ENOSPC', 'EDQUOT'])(
    'answers %s with storage-full, wherever it strikes',
    async (code) => {
      for (const struck of ['create', 'writev', 'sync', 'link', 'mkdir']) {
        const disk = new FaultyFiles();
        const store = new LocalBlobStore({ root: join(above, struck), files: disk.files });
        disk.before = (call) => {
          if (call.startsWith(struck)) throw systemError(code);
        };
        expect(await refusalCode(store.put('a/b', [Buffer.from('x')]))).toBe('storage-full');
        disk.before = () => {};
        await store.put('a/c', [Buffer.from('x')]);
        await store.close();
      }
    },
  );

  it('survives a really full disk: old blobs readable, room made is used again', async (test) => {
    await mkdir(root, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'musehub-test', root], {
        stdio: 'pipe',
      });
    } catch (error) {
      return test.skip(`no small file system can be mounted here: ${String(error).split('\n')[0]}`);
    }
    try {
      const store = new LocalBlobStore({ root });
      const [old, big] = [randomBytes(200_000), randomBytes(2 * 1024 ** 2)];
      await store.put('segments/r/old', [old]);
      expect(await refusalCode(store.put('segments/r/big', [big]))).toBe('storage-full');
      expect(await temporaries()).toEqual([]);
      expect(await refusalCode(store.put('segments/r/big', [big]))).toBe('storage-full');
      expect((await store.read('segments/r/old', 0, 200_000)).equals(old)).toBe(true);
      const most = big.subarray(0, 700_000);
      await store.put('segments/r/most', [most]);
      expect(await refusalCode(store.put('segments/r/more', [most]))).toBe('storage-full');
      await store.delete(['segments/r/most']);
      await store.put('segments/r/more', [most]);
      expect((await store.read('segments/r/more', 0, most.length)).equals(most)).toBe(true);
      await store.close();

      const spool = new FileSpool({ folder: join(root, 'spool'), memoryBytes: 0 });
      spool.append(randomBytes(10 * 1024 ** 2));
      expect(await refusalCode(spool.ready()!)).toBe('storage-full');
      await spool.close();
      await store.put('segments/r/again', [most.subarray(0, 50_000)]); // the spool gave its room back
    } finally {
      execFileSync('umount', [root]);
    }
  });

  it('shares the fsync of a folder among puts that come together', async () => {
    const disk = new FaultyFiles();
    const store = new LocalBlobStore({ root, files: disk.files });
    await store.put('segments/r/first', [Buffer.from('x')]);
    disk.calls.length = 0;
    const keys = Array.from({ length: 100 }, (_, i) => `segments/r/${i}`);
    await Promise.all(keys.map((key) => store.put(key, [Buffer.from(key)])));
    const syncs = disk.calls.filter((call) => call === 'sync r').length;
    expect(syncs).toBeGreaterThan(0);
    expect(syncs).toBeLessThan(60);
    const lastLink = disk.calls.findLastIndex((call) => call.startsWith('link'));
    expect(disk.calls.lastIndexOf('sync r')).toBeGreaterThan(lastLink);
    await store.close();
  });

  it('keeps its files and folders from other users of the machine', async () => {
    const store = new LocalBlobStore({ root });
    await store.put('segments/r/one', [Buffer.from('x')]);
    expect((await stat(join(root, 'segments/r/one'))).mode & 0o777).toBe(0o600);
    for (const folder of ['', 'tmp', 'segments', 'segments/r']) {
      expect((await stat(join(root, folder))).mode & 0o777, folder).toBe(0o700);
    }
    await store.close();
  });

  it('removes what a killed put left, once it is old, and nothing younger', async () => {
    const store = new LocalBlobStore({ root });
    await store.check();
    const [old, young] = [join(root, 'tmp', randomUUID()), join(root, 'tmp', randomUUID())];
    await writeFile(old, 'half a segm');
    await writeFile(young, 'being writ');
    const before = new Date(Date.now() - 3_600_000);
    await utimes(old, before, new Date(before.getTime() - 1000));
    expect(await store.removeLeftovers(before)).toBe(1);
    expect(await temporaries()).toEqual([basename(young)]);
    await store.close();
  });

  it('never lists what is being written, nor files that are not blobs', async () => {
    const store = new LocalBlobStore({ root });
    await store.put('segments/r/one', [Buffer.from('x')]);
    await writeFile(join(root, 'tmp', randomUUID()), 'half');
    await writeFile(join(root, 'segments/r/.DS_Store'), 'foreign');
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toEqual(['segments/r/one']);
    await store.close();
  });

  it('notices a blob that was cut or removed behind its back', async () => {
    const store = new LocalBlobStore({ root, openFilesMax: 1 });
    const path = join(root, 'segments/r/one');
    await store.put('segments/r/one', [Buffer.from('0123456789')]);
    await store.put('segments/r/two', [Buffer.from('0123456789')]);
    await store.read('segments/r/one', 0, 10);
    await truncate(path, 5);
    await expect(store.read('segments/r/one', 0, 10)).rejects.toBeInstanceOf(BlobMissing);
    await unlink(path);
    await store.read('segments/r/two', 0, 10); // takes the only place among the open files
    await expect(store.read('segments/r/one', 0, 5)).rejects.toBeInstanceOf(BlobMissing);
    await store.close();
  });

  it('goes on after a folder was removed by another hand', async () => {
    const store = new LocalBlobStore({ root });
    await store.put('segments/r/one', [Buffer.from('x')]);
    await rm(join(root, 'segments'), { recursive: true });
    await rm(join(root, 'tmp'), { recursive: true });
    await store.put('segments/r/two', [Buffer.from('y')]);
    expect(String(await store.read('segments/r/two', 0, 1))).toBe('y');
    await store.close();
  });
});
