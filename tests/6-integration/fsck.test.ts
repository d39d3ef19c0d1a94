import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { checkHub } from '~/server/fsck/check-hub';
import { FINDINGS, type Finding, type FindingKind } from '~/server/fsck/finding';
import { segmentKey } from '~/server/ports/segment-key';
import { PostgresStoredState } from '~/server/postgres/stored-state';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';
import type { SeedCommit, SeededRepository } from '~tests/support/seed-repository';

type User = Extract<Principal, { kind: 'user' }>;

let world: BrowseWorld;
let ada: User;
/** Every kind that was planted and found. */
const planted = new Set<FindingKind>();
beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('ada');
});
afterAll(() => world.close());

const MEDIUM = randomBytes(1024);
/** Above what is read at once. */
const LARGE = randomBytes(9 * 1024 ** 2);
const history = (large: Uint8Array): SeedCommit[] => [
  { name: 'a', files: { 'README.md': 'hello\n', 'src/a.ts': 'a', 'src/deep/b.ts': 'b' } },
  { name: 'b', files: { 'src/a.ts': 'a2', 'src.txt': 'after src-, before src/' }, parents: ['a'] },
  { name: 'c', files: { 'large.bin': large, 'ä/ö.md': 'é' }, parents: ['a'] },
  { name: 'd', files: { 'src/deep/b.ts': null }, parents: ['b', 'c'], record: { signature: '' } },
];

interface Planted {
  repoId: string;
  seeded: SeededRepository;
  sql(text: string, ...values: unknown[]): Promise<number>;
  /** Changes the bytes of the segment that holds an object; where it begins in there. */
  segmentOf(path: string): Promise<{ key: string; id: string; offset: number; length: number }>;
}

async function makeRepository(large = MEDIUM): Promise<Planted> {
  const repoId = await world.addRepository(ada, `repo-${randomUUID().slice(0, 8)}`, 'private');
  const encode = (content: Uint8Array) =>
    content.length % 2 === 0
      ? { encoding: 'zlib' as const, stored: deflateSync(content) }
      : { encoding: 'raw' as const, stored: content };
  const seeded = await world.seed(history(large), { repoId, principal: ada, encode });
  const oldHead = seeded.commits.get('d')!.id;
  await world.seed(
    [{ name: 'e', files: { 'e.txt': 'e' }, parents: ['d'] }],
    { repoId, principal: ada, oldHead },
    seeded,
  );
  return {
    repoId,
    seeded,
    sql: (text, ...values) => world.db.prisma.$executeRawUnsafe(text, ...values),
    async segmentOf(path) {
      const id = seeded.commits.get('c')!.manifest.get(path)!;
      const row = await world.db.prisma.storedObject.findFirstOrThrow({
        where: { repoId, id: Buffer.from(id, 'hex') },
      });
      const key = segmentKey(repoId, row.segmentId);
      return { key, id: row.segmentId, offset: Number(row.offset), length: Number(row.length) };
    },
  };
}

async function check() {
  const state = await PostgresStoredState.open(world.db.url);
  const findings: Finding[] = [];
  try {
    const { blobs } = world;
    return { findings, checked: await checkHub({ state, blobs }, (found) => findings.push(found)) };
  } finally {
    await state.close();
  }
}

/** What is found of one repository. */
async function findingsOf({ repoId }: Planted): Promise<Finding[]> {
  const { findings } = await check();
  return findings.filter((finding) => finding.repoId === repoId);
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const idOf = ({ seeded }: Planted, name: string) => seeded.commits.get(name)!.id;
const bytesOf = (id: string) => `decode('${id}', 'hex')`;

describe('the checker', () => {
  it('finds nothing in a sane hub, and says what it looked at', async () => {
    await makeRepository();
    await makeRepository(LARGE);
    const { findings, checked } = await check();
    expect(findings).toEqual([]);
    expect(checked).toMatchObject({ repositories: 2, commits: 10, snapshots: 10, pushes: 4 });
    expect(checked.unused).toEqual({ blobs: 0, bytes: 0 });
  });

  it('counts blobs that no row names, which are no fault', async () => {
    const { repoId } = await makeRepository();
    await world.blobs.put(segmentKey(repoId, randomUUID()), [Buffer.from('left behind')]);
    const { findings, checked } = await check();
    expect(findings).toEqual([]);
    expect(checked.unused).toEqual({ blobs: 1, bytes: 11 });
  });

  it('finds branches and history as they were at one moment, whatever is pushed meanwhile', async () => {
    const made = await makeRepository();
    const state = await PostgresStoredState.open(world.db.url);
    const findings: Finding[] = [];
    let pushed = false;
    await checkHub(
      { state, blobs: world.blobs },
      (found) => findings.push(found),
      async () => {
        if (pushed) return;
        pushed = true;
        await world.seed(
          [{ name: 'x', files: { x: 'x' }, parents: [] }],
          { repoId: made.repoId, principal: ada, branch: 'x' },
          made.seeded,
        );
      },
    );
    await state.close();
    expect(findings).toEqual([]);
    expect((await check()).findings).toEqual([]);
  });
});

/** A fault, how it is planted, and the kind it is found as, with the id that is named. */
const FAULTS: {
  title: string;
  plant: (made: Planted) => Promise<unknown>;
  large?: Buffer<ArrayBuffer>;
  kind: FindingKind;
  id?: (made: Planted) => string;
}[] = [
  {
    title: 'a flipped bit of a small object',
    kind: 'object-damaged',
    id: ({ seeded }) => seeded.commits.get('a')!.manifest.get('README.md')!,
    plant: async ({ segmentOf }) => {
      const { key, offset } = await segmentOf('README.md');
      world.blobs.blobs.get(key)!.bytes[offset]! ^= 1;
    },
  },
  {
    title: 'a flipped bit in the midst of a large object',
    kind: 'object-damaged',
    large: LARGE,
    id: ({ seeded }) => seeded.commits.get('c')!.manifest.get('large.bin')!,
    plant: async ({ segmentOf }) => {
      const { key, offset, length } = await segmentOf('large.bin');
      world.blobs.blobs.get(key)!.bytes[offset + Math.floor(length / 2)]! ^= 1;
    },
  },
  {
    title: 'two bytes that changed places',
    kind: 'object-damaged',
    plant: async ({ segmentOf }) => {
      const { key, offset } = await segmentOf('large.bin');
      const { bytes } = world.blobs.blobs.get(key)!;
      const other = bytes.findIndex((byte, at) => at > offset && byte !== bytes[offset]);
      [bytes[offset], bytes[other]] = [bytes[other]!, bytes[offset]!];
    },
  },
  {
    title: 'a segment that is gone',
    kind: 'segment-missing',
    plant: async ({ segmentOf }) => {
      await world.blobs.delete([(await segmentOf('README.md')).key]);
    },
  },
  {
    title: 'the objects of a segment that is gone',
    kind: 'object-missing',
    plant: async ({ segmentOf }) => {
      await world.blobs.delete([(await segmentOf('README.md')).key]);
    },
  },
  {
    title: 'a segment that is cut off by a byte',
    kind: 'segment-missing',
    plant: async ({ segmentOf }) => {
      const blob = world.blobs.blobs.get((await segmentOf('README.md')).key)!;
      blob.bytes = blob.bytes.subarray(0, -1);
    },
  },
  {
    title: 'a segment that is too long',
    kind: 'segment-size',
    plant: async ({ segmentOf }) => {
      const blob = world.blobs.blobs.get((await segmentOf('README.md')).key)!;
      blob.bytes = Buffer.concat([blob.bytes, Buffer.from('x')]);
    },
  },
  {
    title: 'a segment that lost its row',
    kind: 'object-without-segment',
    plant: async ({ repoId, sql, segmentOf }) =>
      sql(
        `DELETE FROM segments WHERE repo_id = $1::uuid AND id = $2::uuid`,
        repoId,
        (await segmentOf('README.md')).id,
      ),
  },
  {
    title: 'an object that lost its row',
    kind: 'object-without-row',
    id: ({ seeded }) => seeded.commits.get('a')!.manifest.get('README.md')!,
    plant: ({ repoId, sql, seeded }) =>
      sql(
        `DELETE FROM objects WHERE repo_id = $1::uuid AND id = ${bytesOf(seeded.commits.get('a')!.manifest.get('README.md')!)}`,
        repoId,
      ),
  },
  {
    title: 'an object of another size than its row says',
    kind: 'object-damaged',
    plant: ({ repoId, sql }) =>
      sql(`UPDATE objects SET size = size + 1 WHERE repo_id = $1::uuid AND size = 6`, repoId),
  },
  {
    title: 'a directory with other bytes',
    kind: 'tree-damaged',
    plant: ({ repoId, sql }) =>
      sql(
        `UPDATE trees SET entries = set_byte(entries, octet_length(entries) - 1,
                                             get_byte(entries, octet_length(entries) - 1) # 1)
          WHERE repo_id = $1::uuid AND id = (SELECT min(id) FROM trees WHERE repo_id = $1::uuid)`,
        repoId,
      ),
  },
  {
    title: 'a directory that is gone',
    kind: 'tree-missing',
    plant: ({ repoId, sql }) =>
      sql(
        `DELETE FROM trees WHERE repo_id = $1::uuid AND id IN (SELECT root_tree_id FROM snapshots)`,
        repoId,
      ),
  },
  {
    title: 'a snapshot with the files of another',
    kind: 'snapshot-mismatch',
    id: ({ seeded }) => seeded.commits.get('a')!.snapshotId,
    plant: ({ repoId, sql, seeded }) =>
      sql(
        `UPDATE snapshots SET (root_tree_id, entry_count) =
           (SELECT root_tree_id, entry_count FROM snapshots WHERE repo_id = $1::uuid
               AND id = ${bytesOf(seeded.commits.get('b')!.snapshotId)})
          WHERE repo_id = $1::uuid AND id = ${bytesOf(seeded.commits.get('a')!.snapshotId)}`,
        repoId,
      ),
  },
  {
    title: 'a snapshot with another number of files',
    kind: 'snapshot-mismatch',
    plant: ({ repoId, sql }) =>
      sql(`UPDATE snapshots SET entry_count = entry_count + 1 WHERE repo_id = $1::uuid`, repoId),
  },
  {
    title: 'a snapshot whose other keys do not decode',
    kind: 'snapshot-damaged',
    plant: ({ repoId, sql }) =>
      sql(`UPDATE snapshots SET extra = '\\xc1' WHERE repo_id = $1::uuid`, repoId),
  },
  {
    title: 'a snapshot that is gone',
    kind: 'snapshot-missing',
    id: ({ seeded }) => seeded.commits.get('b')!.snapshotId,
    plant: ({ repoId, sql, seeded }) =>
      sql(
        `DELETE FROM snapshots WHERE repo_id = $1::uuid AND id = ${bytesOf(seeded.commits.get('b')!.snapshotId)}`,
        repoId,
      ),
  },
  {
    title: 'a commit record that does not decode',
    kind: 'commit-damaged',
    id: (made) => idOf(made, 'a'),
    plant: (made) =>
      made.sql(
        `UPDATE commits SET record = '\\xc1' WHERE repo_id = $1::uuid AND id = ${bytesOf(idOf(made, 'a'))}`,
        made.repoId,
      ),
  },
  {
    title: 'a row that says something else than its record',
    kind: 'commit-damaged',
    id: (made) => idOf(made, 'a'),
    plant: (made) =>
      made.sql(
        `UPDATE commits SET author = 'mallory' WHERE repo_id = $1::uuid AND id = ${bytesOf(idOf(made, 'a'))}`,
        made.repoId,
      ),
  },
  {
    title: 'a message that was changed in record and row alike',
    kind: 'commit-mismatch',
    id: (made) => idOf(made, 'b'),
    plant: async (made) => {
      const id = idOf(made, 'b');
      const { record } = made.seeded.commits.get('b')!;
      const row = await world.db.prisma.commit.findFirstOrThrow({
        where: { repoId: made.repoId, id: Buffer.from(id, 'hex') },
      });
      const message = row.message.replace(/.$/, 'X');
      const changed = hex(record).replace(hex(Buffer.from(row.message)), hex(Buffer.from(message)));
      expect(changed).not.toBe(hex(record));
      return made.sql(
        `UPDATE commits SET message = $2, record = decode($3, 'hex')
          WHERE repo_id = $1::uuid AND id = ${bytesOf(id)}`,
        ...[made.repoId, message, changed],
      );
    },
  },
  {
    title: 'a parent that is gone',
    kind: 'parent-missing',
    id: (made) => idOf(made, 'b'),
    plant: (made) =>
      made.sql(
        `DELETE FROM commits WHERE repo_id = $1::uuid AND id = ${bytesOf(idOf(made, 'b'))}`,
        made.repoId,
      ),
  },
  {
    title: 'a commit of a wrong generation',
    kind: 'commit-generation',
    id: (made) => idOf(made, 'd'),
    plant: (made) =>
      made.sql(
        `UPDATE commits SET generation = 7 WHERE repo_id = $1::uuid AND id = ${bytesOf(idOf(made, 'd'))}`,
        made.repoId,
      ),
  },
  {
    title: 'a commit of a push that never was',
    kind: 'commit-of-no-push',
    plant: ({ repoId, sql }) =>
      sql(`UPDATE commits SET push_seq = 9 WHERE repo_id = $1::uuid`, repoId),
  },
  {
    title: 'a branch that points at nothing',
    kind: 'branch-dangling',
    id: () => 'main',
    plant: ({ repoId, sql }) =>
      sql(
        `UPDATE branches SET head = ${bytesOf('ab'.repeat(32))} WHERE repo_id = $1::uuid`,
        repoId,
      ),
  },
  {
    title: 'a tag of nothing',
    kind: 'tag-dangling',
    id: () => 'v1',
    plant: ({ repoId, sql }) =>
      sql(
        `INSERT INTO tags (repo_id, id, name, commit_id, created_at)
         VALUES ($1::uuid, 't', 'v1', ${bytesOf('ab'.repeat(32))}, now())`,
        repoId,
      ),
  },
  {
    title: 'a release of nothing',
    kind: 'release-dangling',
    id: () => 'v1.0.0',
    plant: ({ repoId, sql }) =>
      sql(
        `INSERT INTO releases (repo_id, id, tag, channel, title, body, is_draft, commit_id,
                               snapshot_id, record, created_at)
         VALUES ($1::uuid, 'r', 'v1.0.0', 'stable', '', '', false, ${bytesOf('ab'.repeat(32))},
                 ${bytesOf('ab'.repeat(32))}, '{}', now())`,
        repoId,
      ),
  },
  {
    title: 'a branch that was moved past its history',
    kind: 'branch-differs',
    id: () => 'main',
    plant: (made) =>
      made.sql(
        `UPDATE branches SET head = ${bytesOf(idOf(made, 'a'))} WHERE repo_id = $1::uuid`,
        made.repoId,
      ),
  },
  {
    title: 'a branch that is gone',
    kind: 'branch-differs',
    id: () => 'main',
    plant: ({ repoId, sql }) => sql(`DELETE FROM branches WHERE repo_id = $1::uuid`, repoId),
  },
  {
    title: 'a push that is gone from the midst of the history',
    kind: 'history-gap',
    plant: ({ repoId, sql }) =>
      sql(`DELETE FROM pushes WHERE repo_id = $1::uuid AND seq = 1`, repoId),
  },
  {
    title: 'a push that is gone from the end of the history',
    kind: 'history-gap',
    plant: ({ repoId, sql }) =>
      sql(`DELETE FROM pushes WHERE repo_id = $1::uuid AND seq = 2`, repoId),
  },
  {
    title: 'a push that begins somewhere else',
    kind: 'history-broken',
    plant: (made) =>
      made.sql(
        `UPDATE pushes SET old_head = ${bytesOf(idOf(made, 'a'))}
          WHERE repo_id = $1::uuid AND seq = 2`,
        made.repoId,
      ),
  },
];

describe('a planted fault', () => {
  it.each(FAULTS)('is found: $title', async ({ plant, kind, id, large }) => {
    const made = await makeRepository(large);
    await plant(made);
    const found = (await findingsOf(made)).filter((finding) => finding.kind === kind);
    expect(found.length).toBeGreaterThan(0);
    if (id) expect(found.map((finding) => finding.id)).toContain(id(made));
    planted.add(kind);
  });

  it('is found: rows of a repository that is not there', async () => {
    const { repoId } = await makeRepository();
    await world.db.prisma.$executeRaw`DELETE FROM repositories WHERE id = ${repoId}::uuid`;
    const { findings } = await check();
    const stray = findings.filter((finding) => finding.repoId === repoId);
    expect(stray.map(({ detail }) => detail).sort()).toEqual(
      expect.arrayContaining([expect.stringContaining('in commits')]),
    );
    planted.add('stray-rows');
  });

  it('in one object of many is found alone', async () => {
    const made = await makeRepository();
    const { key, offset } = await made.segmentOf('README.md');
    world.blobs.blobs.get(key)!.bytes[offset]! ^= 0x80;
    const id = made.seeded.commits.get('a')!.manifest.get('README.md')!;
    expect((await findingsOf(made)).map((found) => [found.kind, found.id])).toEqual([
      ['object-damaged', id],
    ]);
    expect(createHash('sha256').update('hello\n').digest('hex')).toBe(id);
  });

  it('was of every kind that there is', () => {
    expect([...planted].sort()).toEqual(Object.keys(FINDINGS).sort());
  });
});
