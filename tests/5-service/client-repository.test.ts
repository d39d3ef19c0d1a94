import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { clashingNames } from '~/client/branch-refs';
import { ClientError } from '~/client/client-error';
import { KeptObjects } from '~/client/kept-objects';
import { ManifestFolder } from '~/client/manifest-folder';
import { writeCommitText, writeSnapshotFile } from '~/client/records';
import { commitName, objectName, Repository, snapshotName } from '~/client/repository';
import { checkRemoteName, withRemote } from '~/client/repository-config';
import { checkout, checkWorkPath } from '~/client/work-tree';
import { objectIdOf } from '~/muse/ids';
import { snapshotIdOf } from '~/muse/snapshot';
import { filesBelow } from '~tests/support/files-below';
import { fixture, fixtureCopy, fixtureNames, tempFolder } from '~tests/support/muse-fixtures';
import { MuseFolder } from '~tests/support/muse-folder';

function refusal(work: () => unknown): ClientError {
  try {
    work();
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
  throw new Error('it went through');
}

describe.each(fixtureNames())('the repository %s', (name) => {
  it('is read whole, every record and object true to its id', async () => {
    const repository = Repository.open(fixture(name));
    expect(repository.head()).toEqual({ branch: 'main' });
    expect(repository.branches().skipped).toEqual([]);
    for (const file of readdirSync(path.join(repository.folder, 'commits'))) {
      const { commit, idFormat } = repository.commit(file.replace('.json', ''));
      expect(idFormat).toBe('bare');
      const snapshot = repository.snapshot(commit.snapshotId);
      for (const [, id] of snapshot.manifest) {
        expect((await repository.readObject(id, repository.objectSize(id)!)).length).toBe(
          repository.objectSize(id),
        );
      }
    }
  });

  it('is written again byte for byte', async () => {
    const source = Repository.open(fixture(name));
    const copy = await Repository.init(path.join(tempFolder(), 'copy'), { branch: 'main' });
    const records = (folder: string) =>
      readdirSync(path.join(source.folder, folder)).map((file) => file.replace('.json', ''));
    await copy.write((writer) => {
      const objects = new Set<string>();
      for (const id of records('snapshots')) {
        const { manifest, extra } = source.snapshot(id);
        writer.put(
          snapshotName(id),
          writeSnapshotFile(id, ManifestFolder.from(manifest)!, extra, 'bare'),
        );
        for (const [, object] of manifest) objects.add(object);
      }
      for (const object of objects) {
        writer.put(objectName(object), readFileSync(source.objectPath(object)));
      }
      for (const id of records('commits'))
        writer.put(commitName(id), writeCommitText(source.commit(id).raw, id));
    });
    const content = (root: string, file: string) => readFileSync(path.join(root, file));
    for (const folder of ['commits', 'objects']) {
      const files = filesBelow(path.join(source.folder, folder));
      expect(filesBelow(path.join(copy.folder, folder))).toEqual(files);
      for (const file of files) {
        const name_ = path.join(folder, file);
        expect(content(copy.folder, name_).equals(content(source.folder, name_)), name_).toBe(true);
      }
    }
    for (const id of records('snapshots')) {
      expect(new Map(copy.snapshot(id).manifest)).toEqual(new Map(source.snapshot(id).manifest));
      expect(copy.snapshot(id).extra).toEqual(source.snapshot(id).extra);
      // The order of a manifest is the CLI's where a work tree was walked, as in this one.
      if (name === 'small') {
        expect(
          content(copy.folder, snapshotName(id)).equals(content(source.folder, snapshotName(id))),
        ).toBe(true);
      }
    }
  });
});

describe('a repository', () => {
  it('is found from any folder below it, and not where there is none', async () => {
    const { root } = await MuseFolder.make();
    const deep = path.join(root, 'a/b/c');
    mkdirSync(deep, { recursive: true });
    expect(Repository.find(deep).root).toBe(root);
    expect(refusal(() => Repository.find(tempFolder())).code).toBe('not-a-repository');
    // A home folder has a .muse folder as well, with the identity in it.
    const home = tempFolder();
    mkdirSync(path.join(home, '.muse'));
    expect(refusal(() => Repository.find(home)).code).toBe('not-a-repository');
  });

  it('reads branches in folders and leaves out files that cannot be one', async () => {
    const muse = await MuseFolder.make();
    const id = muse.commit({ files: {} });
    for (const name of ['main', 'feat/streaming-push', 'a/b/c']) muse.setBranch(name, id);
    muse.setBranch('empty', '' as never);
    muse.setBranch('new.lock', id);
    symlinkSync('/etc/passwd', path.join(muse.repository.folder, 'refs/heads/link'));
    const { heads, skipped } = muse.repository.branches();
    expect([...heads.keys()]).toEqual(['a/b/c', 'feat/streaming-push', 'main']);
    expect(skipped.map(({ name }) => name)).toEqual(['link', 'new.lock']);
    expect(muse.repository.branch('feat')).toBeNull();
    muse.setBranch('broken', 'xyz' as never);
    expect(refusal(() => muse.repository.branches()).message).toContain('refs/heads/broken');
  });

  it('reads every form of HEAD', async () => {
    const muse = await MuseFolder.make();
    const id = muse.commit({ files: {} });
    const file = path.join(muse.repository.folder, 'HEAD');
    const cases: [string, unknown][] = [
      ['ref: refs/heads/feat/x\n', { branch: 'feat/x' }],
      ['refs/heads/main', { branch: 'main' }],
      [`${id}\n`, { commit: id }],
      [`commit: ${id}\n`, { commit: id }],
    ];
    for (const [text, head] of cases) {
      writeFileSync(file, text);
      expect(muse.repository.head()).toEqual(head);
    }
    writeFileSync(file, 'somewhere');
    expect(refusal(() => muse.repository.head()).code).toBe('repository-damaged');
  });

  it('names the file and the reason when a record is damaged', async () => {
    const muse = await MuseFolder.make();
    const id = muse.commit({ files: { a: 'a' } });
    const file = path.join(muse.repository.folder, commitName(id));
    const text = readFileSync(file, 'utf8');
    const damages: [string, RegExp][] = [
      [text.replace('"a commit"', '"another"'), /its id does not follow/],
      [text.replace('"test_runs": 0', '"test_runs": NaN'), /at test_runs: NaN/],
      [
        text.replace('"metadata": {}', '"metadata": {"n": 12345678901234567890}'),
        /at metadata\.n: .*2\^53/,
      ],
      [text.replace('"metadata": {}', '"metadata": {"k": 1, "k": 2}'), /at metadata\.k: .*twice/],
      [
        text.replace('"metadata": {}', '"metadata": {"k": "\\udc00"}'),
        /at metadata\.k: .*surrogate/,
      ],
      [text.slice(0, 200), /ends too early|unexpected/],
      [text.replace(/"message": "[^"]*",\n/, ''), /message/],
    ];
    for (const [changed, reason] of damages) {
      writeFileSync(file, changed);
      const error = refusal(() => muse.repository.readCommit(id));
      expect(error.code).toBe('repository-damaged');
      expect(error.message).toContain(file);
      expect(error.message).toMatch(reason);
    }
    writeFileSync(file, Buffer.from([0x7b, 0xff, 0x7d]));
    expect(refusal(() => muse.repository.readCommit(id)).message).toContain('not UTF-8');
    rmSync(file);
    expect(muse.repository.readCommit(id)).toBeNull();
  });

  it('checks snapshots and objects against their ids', async () => {
    const muse = await MuseFolder.make();
    const { snapshotId } = muse.repository.commit(muse.commit({ files: { a: 'a' } })).commit;
    const file = path.join(muse.repository.folder, snapshotName(snapshotId));
    const [, objectId] = muse.repository.snapshot(snapshotId).manifest[0]!;
    writeFileSync(file, readFileSync(file, 'utf8').replace('"a":', '"b":'));
    expect(refusal(() => muse.repository.snapshot(snapshotId)).message).toMatch(/does not follow/);
    writeFileSync(muse.repository.objectPath(objectId), 'b');
    await expect(muse.repository.readObject(objectId, 1)).rejects.toThrow(/does not hash/);
  });

  it('keeps keys of snapshots that it does not know, numbers and order included', async () => {
    const muse = await MuseFolder.make();
    const id = snapshotIdOf([['7', 'a'.repeat(64)]]);
    const text = `{\n  "snapshot_id": "${id}",\n  "manifest": {\n    "7": "${'a'.repeat(64)}"\n  },\n  "z": 1.0,\n  "7": [\n    1e-07\n  ],\n  "created_at": "\\u00e9"\n}\n`;
    writeFileSync(path.join(muse.repository.folder, snapshotName(id)), text);
    const { manifest, extra } = muse.repository.snapshot(id);
    expect(String(writeSnapshotFile(id, ManifestFolder.from(manifest)!, extra, 'bare'))).toBe(text);
  });
});

describe('the configuration', () => {
  it('gets a remote without another line being touched', async () => {
    for (const name of fixtureNames()) {
      const repository = Repository.open(fixtureCopy(name));
      const file = path.join(repository.folder, 'config.toml');
      const before = readFileSync(file, 'utf8');
      await repository.setRemote({ name: 'origin', url: 'http://localhost:3000/a/b' });
      const after = readFileSync(file, 'utf8');
      expect(after.startsWith(before)).toBe(true);
      expect(after.slice(before.length)).toBe(
        '\n[remotes.origin]\nurl = "http://localhost:3000/a/b"\n',
      );
      await repository.setRemote({
        name: 'origin',
        url: 'https://hub.example/"x"/b',
        branch: 'main',
      });
      expect(repository.remotes()).toEqual([{ name: 'origin', url: 'https://hub.example/"x"/b' }]);
      expect(readFileSync(file, 'utf8').startsWith(before)).toBe(true);
    }
  });

  it('has a remote’s address changed in its place', () => {
    const text =
      '# mine\n[remotes.origin]   # here\nurl = \'old\' # why\nbranch = "dev"\n\n[domain]\nx = [1,\n 2]\n';
    expect(withRemote(text, { name: 'origin', url: 'new', branch: 'main' }, 'f')).toBe(
      '# mine\n[remotes.origin]   # here\nurl = "new"\nbranch = "dev"\n\n[domain]\nx = [1,\n 2]\n',
    );
  });

  it('that cannot be read is refused, with the line', () => {
    const error = refusal(() =>
      withRemote('[a]\nb = "x\n', { name: 'o', url: 'u' }, 'config.toml'),
    );
    expect(error).toMatchObject({ code: 'bad-configuration' });
    expect(error.message).toContain('config.toml: line 2');
  });

  it('takes no name of a remote that is not a plain word', () => {
    expect(checkRemoteName('origin')).toBeNull();
    for (const name of ['', '..', 'a/b', 'a b', 'a"b', '.x', 'a..b'])
      expect(checkRemoteName(name)).not.toBeNull();
  });
});

describe('a checkout', () => {
  async function tree(files: Record<string, string>) {
    const muse = await MuseFolder.make();
    const id = muse.commit({ files });
    const { manifest } = muse.repository.snapshot(muse.repository.commit(id).commit.snapshotId);
    return { muse, manifest };
  }

  it('writes files, empty ones too, and tells sizes', async () => {
    const { muse, manifest } = await tree({
      a: 'A',
      'd/e/f.txt': 'text',
      empty: '',
      'ü/日本 😀': '!',
    });
    expect(await checkout(muse.repository, manifest)).toMatchObject({
      files: 4,
      bytes: 6,
      skipped: [],
    });
    expect(readFileSync(path.join(muse.root, 'd/e/f.txt'), 'utf8')).toBe('text');
    expect(readFileSync(path.join(muse.root, 'ü/日本 😀'), 'utf8')).toBe('!');
    expect(statSync(path.join(muse.root, 'empty')).size).toBe(0);
  });

  it('never follows a symbolic link, for a file or for a folder', async () => {
    const { muse, manifest } = await tree({ link: 'evil', 'folder/file': 'evil', fine: 'ok' });
    const outside = tempFolder();
    writeFileSync(path.join(outside, 'target'), 'untouched');
    symlinkSync(path.join(outside, 'target'), path.join(muse.root, 'link'));
    symlinkSync(outside, path.join(muse.root, 'folder'));
    const report = await checkout(muse.repository, manifest);
    expect(report.files).toBe(1);
    expect(report.skipped.map(({ path: name }) => name)).toEqual(['folder/file', 'link']);
    expect(readFileSync(path.join(outside, 'target'), 'utf8')).toBe('untouched');
    expect(readdirSync(outside)).toEqual(['target']);
  });

  it('takes what is kept of the objects, and reads the others, small and large', async () => {
    const large = 'x'.repeat(3 * 1024 ** 2);
    const { muse, manifest } = await tree({ a: 'small', 'd/b': 'other', 'd/c': large });
    const kept = new KeptObjects(6);
    kept.keep(objectIdOf(Buffer.from('small')), Buffer.from('small'));
    kept.keep(objectIdOf(Buffer.from('other')), Buffer.from('other'));
    expect(kept.get(objectIdOf(Buffer.from('other')))).toBeUndefined();
    rmSync(muse.repository.objectPath(objectIdOf(Buffer.from('small'))));
    expect(await checkout(muse.repository, manifest, { kept })).toMatchObject({
      files: 3,
      bytes: 10 + large.length,
    });
    const read = (name: string) => readFileSync(path.join(muse.root, name), 'utf8');
    expect([read('a'), read('d/b'), read('d/c') === large]).toEqual(['small', 'other', true]);
    for (const name of ['a', 'd']) rmSync(path.join(muse.root, name), { recursive: true });
    await expect(checkout(muse.repository, manifest)).rejects.toMatchObject({
      code: 'repository-damaged',
    });
  });

  it('overwrites nothing', async () => {
    const { muse, manifest } = await tree({ mine: 'theirs', 'dir/x': '1' });
    writeFileSync(path.join(muse.root, 'mine'), 'mine');
    writeFileSync(path.join(muse.root, 'dir'), 'a file');
    const report = await checkout(muse.repository, manifest);
    expect(report.skipped).toHaveLength(2);
    expect(readFileSync(path.join(muse.root, 'mine'), 'utf8')).toBe('mine');
  });

  it('leaves out every spelling of .muse and .git, and paths that lead elsewhere', () => {
    const hostile = [
      '.muse/config.toml',
      '.MUSE/x',
      'a/.Muse/b',
      '.mu\u200cse/x',
      '.muſe/x',
      '.muse./x',
      '.muse /x',
      '.muse::$INDEX_ALLOCATION/x',
      'MUSE~1/x',
      '.git/hooks/post-checkout',
      '.GIT/config',
      'sub/.git/config',
      'GIT~1/config',
      '.g\u200dit/config',
      '../x',
      'a/../../x',
      '/etc/passwd',
      'a\\..\\b',
      '',
      'a//b',
      './a',
      'a\u0000b',
      'a\nb',
    ];
    for (const name of hostile) expect(checkWorkPath(name), JSON.stringify(name)).not.toBeNull();
    for (const name of [
      '.muserc',
      'muse',
      'a.muse',
      '.gitignore',
      '.github/x',
      'git',
      'a/b.git/c',
      '…',
      'dir with space/a b',
    ]) {
      expect(checkWorkPath(name), name).toBeNull();
    }
  });

  it('warns of names that differ in case or Unicode form only', async () => {
    const { muse, manifest } = await tree({
      'README.md': '1',
      'readme.md': '2',
      'A/x': '3',
      'a/y': '4',
      'caf\u00e9': '5',
      'cafe\u0301': '6',
      other: '7',
    });
    const { collisions, files } = await checkout(muse.repository, manifest);
    expect(files).toBe(7);
    const sorted = collisions.map((group) => group.sort()).sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
    expect(sorted).toEqual([
      ['A', 'a'],
      ['README.md', 'readme.md'],
      ['cafe\u0301', 'caf\u00e9'],
    ]);
  });
});

it('names of branches that need one file and folder clash', () => {
  expect(clashingNames(['a', 'ab/c', 'b'])).toBeNull();
  expect(clashingNames(['x', 'a/b/c', 'a/b'])).toEqual(['a/b', 'a/b/c']);
});
