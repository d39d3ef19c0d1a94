import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FolderSync } from '~/server/storage/folder-sync';
import { OpenFiles } from '~/server/storage/open-files';

describe('folder sync', () => {
  /** Fsyncs that end when the test says so. */
  function controlled() {
    const begun: { folder: string; end: (error?: Error) => void }[] = [];
    const sync = new FolderSync(
      (folder) =>
        new Promise((resolve, reject) => {
          begun.push({ folder, end: (error) => (error ? reject(error) : resolve()) });
        }),
    );
    return { begun, sync };
  }

  it('makes whoever comes during an fsync wait for one that begins later', async () => {
    const { begun, sync } = controlled();
    const first = sync.sync('a');
    let late = 'waiting';
    const second = sync.sync('a').then(() => {
      late = 'done';
    });
    const third = sync.sync('a');
    expect(begun).toHaveLength(1);
    begun[0]!.end();
    await first;
    await turn();
    expect(late).toBe('waiting');
    expect(begun).toHaveLength(2);
    begun[1]!.end();
    await Promise.all([second, third]);
    expect(begun).toHaveLength(2);
  });

  it('does not make one folder wait for another', async () => {
    const { begun, sync } = controlled();
    const works = [sync.sync('a'), sync.sync('b')];
    expect(begun.map((b) => b.folder)).toEqual(['a', 'b']);
    for (const { end } of begun) end();
    await Promise.all(works);
  });

  it('tells a failed fsync to those who waited for it, and begins the next all the same', async () => {
    const { begun, sync } = controlled();
    const first = sync.sync('a');
    const second = sync.sync('a');
    begun[0]!.end(new Error('disk gone'));
    await expect(first).rejects.toThrow('disk gone');
    await turn();
    expect(begun).toHaveLength(2);
    begun[1]!.end();
    await second;
    const third = sync.sync('a');
    expect(begun).toHaveLength(3);
    begun[2]!.end();
    await third;
  });
});

describe('open files', () => {
  function handles() {
    const open: string[] = [];
    const opened: string[] = [];
    const files = new OpenFiles(async (path) => {
      if (path === 'none') throw new Error('no such file');
      opened.push(path);
      open.push(path);
      return {
        stat: async () => ({ size: 7 }),
        close: async () => void open.splice(open.indexOf(path), 1),
      } as unknown as FileHandle;
    }, 2);
    return { open, opened, files };
  }

  it('opens a file once for many readers and closes the one used longest ago', async () => {
    const { open, opened, files } = handles();
    const size = (path: string) => files.use(path, async (file) => file.bytes);
    expect(await Promise.all([size('a'), size('a'), size('a')])).toEqual([7, 7, 7]);
    await size('b');
    await size('a');
    await size('c');
    expect(opened).toEqual(['a', 'b', 'c']);
    await files.close();
    expect(open).toEqual([]);
  });

  it('never closes a file underneath its reader', async () => {
    const { open, files } = handles();
    let letGo = () => {};
    const reading = files.use('a', () => new Promise<void>((resolve) => (letGo = resolve)));
    await files.use('b', async () => {});
    await files.use('c', async () => {});
    files.drop('a');
    expect(open).toContain('a');
    expect(files.size).toBe(2);
    letGo();
    await reading;
    await files.close();
    expect(open).toEqual([]);
  });

  it('does not remember a failure', async () => {
    const { opened, files } = handles();
    await expect(files.use('none', async () => {})).rejects.toThrow('no such file');
    await expect(
      files.use('a', async () => {
        throw new Error('read failed');
      }),
    ).rejects.toThrow('read failed');
    await files.use('a', async () => {});
    expect(opened).toEqual(['a', 'a']);
    await files.close();
  });
});
