import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import type { ObjectReader } from '~/server/ports/object-storage';
import type { ArchiveFile } from '~/server/services/archive-file';
import { archiveFiles } from '~/server/services/open-archive';
import { openRepository } from '~/server/services/open-repository';
import { writeTar } from '~/server/services/write-tar';
import { writeZip } from '~/server/services/write-zip';
import type { FetchStage, Person } from '~tests/support/fetch-stage';
import { memoryStage } from '~tests/support/memory-stage';

const TIME_MS = Date.UTC(2026, 3, 16, 12, 34, 56, 789);
const LONG = `deep/${'folder-of-some-length/'.repeat(8)}file.txt`;
const FILES: Record<string, string> = {
  'empty.txt': '',
  'hello.txt': 'hello\n',
  'ünï 😀/x.txt': 'x'.repeat(511),
  [LONG]: 'y'.repeat(512),
  [`${'n'.repeat(99)}é`]: 'z'.repeat(513),
};

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-archive-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

async function* given(files: Record<string, string>): AsyncGenerator<ArchiveFile> {
  for (const [name, text] of Object.entries(files)) {
    const bytes = Buffer.from(text);
    // In several parts, as large objects come.
    const parts = [bytes.subarray(0, 3), bytes.subarray(3)];
    yield { path: name, size: bytes.length, parts };
  }
}

async function written(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const file = path.join(folder, 'archive');
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  fs.writeFileSync(file, Buffer.concat(all));
  return file;
}

function python(script: string, ...args: string[]): unknown {
  return JSON.parse(execFileSync('python3', ['-c', script, ...args], { encoding: 'utf8' }));
}

const READ_ZIP = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps({i.filename: [z.read(i).decode(), i.external_attr >> 16, i.date_time] for i in z.infolist()}))
`;
const COUNT_ZIP = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    print(json.dumps([len(z.infolist()), z.infolist()[-1].filename, z.testzip()]))
`;

describe('a tar archive', () => {
  it('is read by tar: paths of any length and script, contents, time and permissions', async () => {
    const file = await written(writeTar({ files: given(FILES), timeMs: TIME_MS }));
    expect(fs.statSync(file).size % 512).toBe(0);
    execFileSync('tar', ['-xf', file], { cwd: folder });
    for (const [name, text] of Object.entries(FILES)) {
      const place = path.join(folder, name);
      expect(fs.readFileSync(place, 'utf8'), name).toBe(text);
      const { mtimeMs, mode } = fs.statSync(place);
      expect(mtimeMs).toBe(Math.floor(TIME_MS / 1000) * 1000);
      expect(mode & 0o111).toBe(0);
    }
  });

  it('tells a size that the header has no room for in a record before it', async () => {
    const size = 9 * 1024 ** 3;
    async function* files() {
      yield { path: 'large', size, parts: [] };
    }
    const pieces = writeTar({ files: files(), timeMs: 0 });
    const head = Buffer.from((await pieces.next()).value!);
    expect(head.toString('latin1', 156, 157)).toBe('x');
    expect(Buffer.from((await pieces.next()).value!).toString()).toBe(`19 size=${size}\n`);
    await pieces.return(undefined);
  });

  it('breaks off when a content is not as long as was said', async () => {
    async function* files() {
      yield { path: 'short', size: 3, parts: [Buffer.from('ab')] };
    }
    await expect(written(writeTar({ files: files(), timeMs: 0 }))).rejects.toThrow(
      'read 2 of 3 bytes of "short"',
    );
  });
});

describe('a ZIP archive', () => {
  it('is read by others: paths, contents, time and permissions', async () => {
    const file = await written(writeZip({ files: given(FILES), timeMs: TIME_MS }));
    const expected = Object.entries(FILES).map(([name, text]) => [
      name,
      [text, 0o100644, [2026, 4, 16, 12, 34, 56]],
    ]);
    expect(python(READ_ZIP, file)).toEqual(Object.fromEntries(expected));
  });

  it('holds more files than 16 bits can count', async () => {
    async function* files() {
      for (let n = 0; n < 70_000; n++) yield { path: `f${n}`, size: 0, parts: [] };
    }
    const file = await written(writeZip({ files: files(), timeMs: 0 }));
    expect(python(COUNT_ZIP, file)).toEqual([70_000, 'f69999', null]);
  });

  it('breaks off when a content cannot be read', async () => {
    async function* parts(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab');
      throw new Error('damaged');
    }
    async function* files() {
      yield { path: 'a', size: 3, parts: parts() };
    }
    await expect(written(writeZip({ files: files(), timeMs: 0 }))).rejects.toThrow('damaged');
  });
});

describe('the files of an archive', () => {
  let stage: FetchStage;
  let ada: Person;

  beforeEach(async () => {
    stage = memoryStage();
    ada = await stage.person('ada');
  });

  async function opened(files: Record<string, string | Buffer>, entryCount?: number) {
    const repoId = await stage.emptyRepository(ada, 'notes');
    const seeded = await stage.seed(ada, repoId, [{ name: 'a', files }]);
    const { store, identities, objects } = stage.deps;
    const { principal } = ada;
    const asked = { owner: 'ada', slug: 'notes', scope: 'read', principal } as const;
    const repo = await openRepository(asked, identities);
    const { snapshotId } = seeded.commits.get('a')!;
    const snapshot = (await store.loadSnapshots(repoId, [snapshotId])).get(snapshotId)!;
    const of = { snapshotId, ...snapshot, folder: 'notes-main/' };
    if (entryCount !== undefined) of.entryCount = entryCount;
    const read = (reader: ObjectReader = objects) =>
      archiveFiles(repo, of, { records: store, objects: reader }, new AbortController().signal);
    return { read, repoId };
  }

  async function contents(files: AsyncIterable<ArchiveFile>) {
    const found: [string, string][] = [];
    for await (const { path: name, parts, size } of files) {
      const all: Uint8Array[] = [];
      for await (const part of parts) all.push(part);
      const bytes = Buffer.concat(all);
      expect(bytes.length).toBe(size);
      found.push([name, objectIdOf(bytes)]);
    }
    return found;
  }

  it('come in the order of their paths below one folder, those of one content too', async () => {
    const files = { 'b.txt': 'same', 'a/z.txt': 'same', 'a.txt': 'other', 'c/empty': '' };
    const { read } = await opened(files);
    expect(await contents(read())).toEqual(
      ['a.txt', 'a/z.txt', 'b.txt', 'c/empty'].map((name) => [
        `notes-main/${name}`,
        objectIdOf(Buffer.from(files[name as keyof typeof files])),
      ]),
    );
  });

  it('are read in groups of a bounded size, and a large one in parts', async () => {
    const middle = (fill: number) => Buffer.alloc(3 * 1024 ** 2, fill);
    const large = Buffer.alloc(9 * 1024 ** 2, 7);
    const files = { a: middle(1), b: middle(2), c: middle(3), d: large, e: 'e' };
    const { read } = await opened(files);
    const groups: number[] = [];
    const streamed: string[] = [];
    const reader = new Proxy(stage.deps.objects, {
      get(target, name) {
        if (name === 'readObjects') {
          return (...args: Parameters<ObjectReader['readObjects']>) => {
            groups.push([...(args[1] as Iterable<unknown>)].length);
            return target.readObjects(...args);
          };
        }
        if (name === 'readObject') {
          return (...args: Parameters<ObjectReader['readObject']>) => {
            streamed.push(args[1].id);
            return target.readObject(...args);
          };
        }
        return Reflect.get(target, name);
      },
    });
    const found = await contents(read(reader));
    expect(found.map(([name]) => name)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((n) => `notes-main/${n}`),
    );
    expect(groups).toEqual([2, 2]);
    expect(streamed).toEqual([objectIdOf(large)]);
  });

  it('throw when there are not as many as the snapshot has', async () => {
    const { read } = await opened({ a: 'a' }, 2);
    await expect(contents(read())).rejects.toThrow('1 of 2 files');
  });
});
