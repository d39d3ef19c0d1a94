import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audited } from '~/server/postgres/insert-audit';
import { AN_ACT } from '~tests/support/audit-entries';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { postgresWorld } from '~tests/support/postgres-world';
import { commitOf, planOf } from '~tests/support/push-plans';
import { addRepository, addUser } from '~tests/support/store-cast';

/** What the migrations say beyond the Prisma schema, and the database holds by itself. */
let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.drop());

const query = <T>(sql: string) => database.prisma.$queryRawUnsafe<T[]>(sql);

describe('the database itself', () => {
  it.each([31, 33, 0])('refuses an id of %i bytes', async (length) => {
    const data = { repoId: randomUUID(), id: randomBytes(length), entries: randomBytes(3) };
    await expect(database.prisma.tree.create({ data })).rejects.toThrow('trees_ids_check');
  });

  it('refuses an accepted push without number or frame, and a number on any other', async () => {
    const row = { repoId: randomUUID(), branch: 'main', startedAt: new Date(), kind: 'create' };
    const create = (data: object) =>
      database.prisma.push.create({
        data: { ...row, id: randomUUID(), outcome: 'accepted', ...data },
      });
    await expect(create({ seq: 1 })).rejects.toThrow('pushes_accepted_check');
    await expect(create({ frame: {} })).rejects.toThrow('pushes_accepted_check');
    await expect(create({ outcome: 'refused', seq: 1 })).rejects.toThrow('pushes_accepted_check');
    await create({ seq: 1, frame: {} });
    await expect(create({ seq: 1, frame: {} })).rejects.toThrow('Unique constraint');
  });

  it('lists branches in the order of their names’ bytes, whatever its own collation', async () => {
    const world = postgresWorld(database.prisma);
    const principal = await addUser(world);
    const repoId = await addRepository(world, principal);
    const root = commitOf('root');
    const names = ['b', 'a/b', 'B', 'ä', 'a-b', 'a'];
    for (const branch of names) {
      const commits = branch === names[0] ? [root] : [];
      await world.push.applyPush(planOf({ repoId, principal, branch, commits, newHead: root.id }));
    }
    const heads = Object.keys(await world.fetch.branchHeads(repoId));
    expect(heads).toEqual(['B', 'a', 'a-b', 'a/b', 'b', 'ä']);
  });

  it('keeps trees as they come, and finds the few pushes under way by an index of their own', async () => {
    const [storage] = await query<{ attstorage: string }>(
      `SELECT attstorage::text FROM pg_attribute
        WHERE attrelid = 'trees'::regclass AND attname = 'entries'`,
    );
    expect(storage?.attstorage).toBe('e');
    const [index] = await query<{ indexdef: string }>(
      `SELECT indexdef FROM pg_indexes WHERE indexname = 'pushes_under_way_idx'`,
    );
    expect(index?.indexdef).toContain("WHERE (outcome = 'receiving'");
  });
});

describe('the audit log', () => {
  it('is only ever added to, whoever is connected', async () => {
    const world = postgresWorld(database.prisma);
    await world.audit.append({ ...AN_ACT, reason: 'kept' });
    for (const change of [
      "UPDATE audit_log SET reason = 'other'",
      'DELETE FROM audit_log',
      'DELETE FROM audit_log WHERE false',
      'TRUNCATE audit_log',
    ]) {
      await expect(database.prisma.$executeRawUnsafe(change), change).rejects.toThrow(
        'the audit log is only ever added to',
      );
    }
    expect(await query("SELECT 1 FROM audit_log WHERE reason = 'kept'")).toHaveLength(1);
  });

  it('is there with the act or not at all', async () => {
    const entry = { ...AN_ACT, repoId: randomUUID() };
    const count = () => query(`SELECT 1 FROM audit_log WHERE repo_id = '${entry.repoId}'`);
    const note = (name: string, value: unknown) =>
      audited(
        database.prisma,
        entry,
        (tx) => tx.$executeRaw`
          INSERT INTO hub_settings (name, value) VALUES (${name}, ${value}::jsonb)
          ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value WHERE hub_settings.value <> EXCLUDED.value`,
      );
    expect(await note('x', 1)).toBe(1);
    expect(await note('x', 1)).toBe(0);
    expect(await count()).toHaveLength(1);
    const tooLong = 'x'.repeat(61);
    await expect(note(tooLong, 1)).rejects.toThrow();
    const failing = audited(database.prisma, entry, async (tx) => {
      await tx.$executeRaw`INSERT INTO hub_settings (name, value) VALUES ('y', '1')`;
      throw new Error('the act fails');
    });
    await expect(failing).rejects.toThrow('the act fails');
    expect(await query("SELECT 1 FROM hub_settings WHERE name = 'y'")).toHaveLength(0);
    expect(await count()).toHaveLength(1);
  });
});

describe('every table of a repository', () => {
  it('has a key that begins with the repository’s id, so that it can be distributed by it', async () => {
    const rows = await query<{ table: string; first: string }>(`
      SELECT c.relname AS table, a.attname AS first
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
       WHERE i.indisprimary
         AND EXISTS (SELECT 1 FROM pg_attribute r WHERE r.attrelid = c.oid AND r.attname = 'repo_id')`);
    const others = rows.filter(({ first }) => first !== 'repo_id').map(({ table }) => table);
    expect(rows.length).toBeGreaterThan(8);
    // A comment is found by its own id; it is text beside the history, not part of it. The log of
    // acts is the hub's.
    expect(others.sort()).toEqual(['audit_log', 'comments']);
  });
});
