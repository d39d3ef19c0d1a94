import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBranchHeads } from '~/server/postgres/apply-push';
import { KEPT, nameStatements } from '~/server/postgres/kept-statements';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';

describe('kept statements', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.drop());

  it('are prepared once on a connection, and others not at all', async () => {
    const prepared = await database.prisma.$transaction(async (tx) => {
      for (let n = 0; n < 3; n++) await readBranchHeads(tx, randomUUID());
      await tx.$queryRaw`SELECT ${1}::int AS n`;
      return tx.$queryRaw<{ name: string; statement: string; uses: number }[]>`
        SELECT name, statement, (generic_plans + custom_plans)::int AS uses
          FROM pg_prepared_statements`;
    });
    expect(prepared).toHaveLength(1);
    expect(prepared[0]).toMatchObject({ name: expect.stringMatching(/^kept_\d+$/), uses: 3 });
    expect(prepared[0]!.statement.startsWith(KEPT)).toBe(true);
  });

  it('run in transactions that see what others have committed meanwhile', async () => {
    const [row] = await database.prisma.$transaction(
      (tx) =>
        tx.$queryRaw<{ level: string }[]>`SELECT current_setting('transaction_isolation') AS level`,
    );
    expect(row!.level).toBe('read committed');
  });

  it('are named by their text, so many and no more', () => {
    const nameOf = nameStatements();
    const one = nameOf({ sql: `${KEPT} SELECT 1` });
    expect(nameOf({ sql: `${KEPT} SELECT 1` })).toBe(one);
    expect(nameOf({ sql: 'SELECT 1' })).toBe('');
    const names = Array.from({ length: 300 }, (_, n) => nameOf({ sql: `${KEPT} SELECT -${n}` }));
    expect(new Set(names.filter(Boolean)).size).toBe(199);
    expect(names.at(-1)).toBe('');
    expect(nameOf({ sql: `${KEPT} SELECT 1` })).toBe(one);
  });
});
