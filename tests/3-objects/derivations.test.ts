import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Commit } from '~/muse/commit';
import { commitIdMatches, commitIdsOf } from '~/muse/commit-id';
import { formatId, type Id, objectIdOf, parseId, sha256 } from '~/muse/ids';
import { ManifestTree } from '~/muse/manifest-tree';
import { isProblem } from '~/muse/problem';
import { snapshotIdOf } from '~/muse/snapshot';
import { compareText, sortText } from '~/muse/text-order';
import { fixture, fixtureNames } from '~tests/support/muse-fixtures';
import { seededPrng } from '~tests/support/prng';

/** The vectors of docs/protocol.md §1. */
const HELLO = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const SNAPSHOT = '7f8168460eca2eb07c087d0a6ceb86166f425de07b517d06ad30cb9b769b9ab2';
const COMMIT_1 = '897440df415b009a905d011f5fa6e52b1dd4305244b93c849e84dcff8dc18348';
const COMMIT_2 = 'afcd91e9d0c3d47c31da17b44836892102574c778e3d71dd5dee11d2f923bc8b';
const COMMIT_3 = '026c331c73fd196cd139ef3c4fab478bb939e82ed9d82e412ed2820ea0b6ccc8';

const hashed = (parents: Id[], message: string, committedAt: string) => ({
  snapshotId: SNAPSHOT,
  parents,
  message,
  committedAt,
  author: '',
  signerPublicKey: '',
});

describe('ids', () => {
  it('have two text forms and no other', () => {
    expect(parseId(HELLO)).toEqual({ id: HELLO, format: 'bare' });
    expect(parseId(`sha256:${HELLO}`)).toEqual({ id: HELLO, format: 'prefixed' });
    expect(formatId(HELLO, 'prefixed')).toBe(`sha256:${HELLO}`);
    for (const text of [
      HELLO.toUpperCase(),
      HELLO.slice(1),
      `${HELLO}0`,
      `sha1:${HELLO}`,
      `SHA256:${HELLO}`,
      `sha256:sha256:${HELLO}`,
      ` ${HELLO}`,
      '',
      null,
      7,
    ])
      expect(parseId(text), String(text)).toBeNull();
  });
});

describe('the id of an object', () => {
  it('is the SHA-256 of its bytes; the empty file has one too', () => {
    expect(objectIdOf(Buffer.from('hello\n'))).toBe(HELLO);
    expect(objectIdOf(new Uint8Array(0))).toBe(EMPTY);
  });
});

describe('the id of a snapshot', () => {
  it('agrees with the vector, in any order of the entries', () => {
    const entries: [string, Id][] = [
      ['README.md', HELLO],
      ['empty.txt', EMPTY],
    ];
    expect(snapshotIdOf(entries)).toBe(SNAPSHOT);
    expect(snapshotIdOf(entries.toReversed())).toBe(SNAPSHOT);
    expect(snapshotIdOf(new Map(entries))).toBe(SNAPSHOT);
  });

  it('of an empty manifest hashes zero bytes', () => {
    expect(snapshotIdOf([])).toBe(EMPTY);
    expect(ManifestTree.empty().snapshotId()).toBe(EMPTY);
  });

  it('sorts paths by code point, not by UTF-16 unit', () => {
    // U+FF5E sorts before U+1F600, whose first UTF-16 unit is the smaller one.
    const wide = '\uff5e.md';
    const face = '\u{1f600}.md';
    expect([face, wide].sort()).toEqual([face, wide]);
    const text = [wide, face].map((name) => `${name}\0${HELLO}`).join('\0');
    expect(snapshotIdOf([face, wide].map((name) => [name, HELLO]))).toBe(sha256(text));
  });

  it('orders any texts as their UTF-8 bytes', () => {
    const random = seededPrng('text order');
    const alphabet = [
      'a',
      'b',
      '/',
      '.',
      'é',
      'ｚ',
      '\ue000',
      '\uffff',
      '😀',
      '\u{10ffff}',
      '\ud7ff',
    ];
    const text = () =>
      Array.from({ length: random.below(5) }, () => random.pick(alphabet)).join('');
    const texts = Array.from({ length: 2_000 }, text);
    const byBytes = texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(sortText([...texts])).toEqual(byBytes);
    expect(texts.toSorted(compareText)).toEqual(byBytes);
  });
});

describe('the id of a commit', () => {
  const first = hashed([], 'first', '2026-04-16T12:00:00+00:00');
  const second = hashed([COMMIT_1], 'second', '2026-04-16T12:00:01.250000+00:00');
  const merge = hashed([COMMIT_1, COMMIT_2], 'merge', '2026-04-16T12:00:02+00:00');

  it.each([
    ['a root', first, COMMIT_1],
    ['a child', second, COMMIT_2],
    ['a merge', merge, COMMIT_3],
  ])('agrees with the vector of %s', (_, commit, id) => {
    expect(commitIdsOf(commit).four).toBe(id);
    expect(commitIdMatches({ ...commit, id })).toBe('four');
  });

  it('does not depend on the order of the parents, and leaves it alone', () => {
    const parents = [COMMIT_2, COMMIT_1];
    expect(commitIdsOf({ ...merge, parents }).four).toBe(COMMIT_3);
    expect(parents).toEqual([COMMIT_2, COMMIT_1]);
  });

  it('has a form of six fields, with author and key of the signer', () => {
    const commit = { ...first, author: 'ada', signerPublicKey: 'a2V5' };
    const text = ['', SNAPSHOT, 'first', first.committedAt, 'ada', 'a2V5'].join('\0');
    expect(commitIdsOf(commit)).toEqual({ four: COMMIT_1, six: sha256(text) });
    expect(commitIdMatches({ ...commit, id: sha256(text) })).toBe('six');
    const unsigned = ['', SNAPSHOT, 'first', first.committedAt, '', ''].join('\0');
    expect(commitIdMatches({ ...first, id: sha256(unsigned) })).toBe('six');
  });

  it('matches no form once anything that is hashed differs', () => {
    for (const changed of [
      { message: 'first ' },
      { committedAt: '2026-04-16T12:00:00Z' },
      { snapshotId: HELLO },
      { parents: [COMMIT_2] },
    ])
      expect(commitIdMatches({ ...first, ...changed, id: COMMIT_1 })).toBeNull();
  });
});

interface StoredSnapshot {
  snapshot_id: Id;
  manifest: Record<string, Id>;
}

interface StoredRecord {
  commit_id: Id;
  snapshot_id: Id;
  parent_commit_id: Id | null;
  parent2_commit_id: Id | null;
  message: string;
  committed_at: string;
  author: string;
  signer_public_key?: string;
}

const readAll = <T>(root: string, folder: string): T[] =>
  readdirSync(path.join(root, '.muse', folder)).map(
    (name) => JSON.parse(readFileSync(path.join(root, '.muse', folder, name), 'utf8')) as T,
  );

describe.each(fixtureNames())('the repository "%s" of the public CLI', (name) => {
  const root = fixture(name);

  it('has objects that hash to their names', () => {
    const objects = path.join(root, '.muse', 'objects');
    let count = 0;
    for (const start of readdirSync(objects))
      for (const rest of readdirSync(path.join(objects, start))) {
        const id = objectIdOf(readFileSync(path.join(objects, start, rest)));
        expect(id).toBe(start + rest);
        count++;
      }
    expect(count).toBeGreaterThan(5);
  });

  it('has snapshots whose ids both derivations here find', () => {
    const snapshots = readAll<StoredSnapshot>(root, 'snapshots');
    for (const { snapshot_id, manifest } of snapshots) {
      const entries = Object.entries(manifest);
      expect(snapshotIdOf(entries)).toBe(snapshot_id);
      const tree = ManifestTree.build(entries);
      if (isProblem(tree)) throw new Error(tree.message);
      expect(tree.snapshotId()).toBe(snapshot_id);
      expect(Object.fromEntries(tree.entries())).toEqual(manifest);
    }
    expect(snapshots.length).toBeGreaterThan(1);
  });

  it('has commits that follow the form of four fields', () => {
    const records = readAll<StoredRecord>(root, 'commits');
    for (const record of records) {
      const commit: Pick<Commit, 'id'> & Parameters<typeof commitIdsOf>[0] = {
        id: record.commit_id,
        snapshotId: record.snapshot_id,
        parents: [record.parent_commit_id, record.parent2_commit_id].filter((id) => id !== null),
        message: record.message,
        committedAt: record.committed_at,
        author: record.author,
        signerPublicKey: record.signer_public_key ?? '',
      };
      expect(commitIdMatches(commit)).toBe('four');
    }
    expect(records.length).toBeGreaterThan(1);
  });
});
