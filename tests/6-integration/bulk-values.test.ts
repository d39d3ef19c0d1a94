import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrayText, joinBytes } from '~/server/postgres/bulk-values';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';

describe('many values as one parameter', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.drop());

  it.each<[string, string, (string | number | boolean | null)[]]>([
    ['no values', 'text', []],
    ['words', 'text', ['a', 'gif+zip', '0123abcd', 'c162083c-7733-48c4-b348-6d74d43f8a4e']],
    ['texts that look like syntax', 'text', ['', ' ', '{', '}', ',', '"', '\\', '\\"', "'", ';--']],
    ['texts that look like NULL', 'text', ['NULL', 'null', 'Null', null]],
    ['texts of many lines and scripts', 'text', ['a\nb\r\tc', 'héllo', '日本', '🎹', '\u0001']],
    ['integers', 'int', [0, -1, 2_147_483_647, null]],
    ['booleans', 'boolean', [true, false, null]],
  ])('gives %s back as they were', async (_, type, values) => {
    const rows = await database.prisma.$queryRawUnsafe<{ v: unknown }[]>(
      `SELECT v FROM unnest($1::${type}[]) WITH ORDINALITY AS n(v, place) ORDER BY place`,
      arrayText(values),
    );
    expect(rows.map(({ v }) => v)).toEqual(values);
  });

  it('cuts joined bytes into what they were', async () => {
    const values = [0, 1, 1_000, 0, 70_000, 3].map((length) => randomBytes(length));
    const { bytes, starts, lengths } = joinBytes(values);
    const rows = await database.prisma.$queryRaw<{ v: Uint8Array }[]>`
      SELECT substring(joined.bytes FROM n.start FOR n.length) AS v
        FROM (SELECT ${bytes}::bytea AS bytes) AS joined,
             unnest(${starts}::int[], ${lengths}::int[]) WITH ORDINALITY AS n(start, length, place)
       ORDER BY n.place`;
    expect(rows.map(({ v }) => Buffer.from(v))).toEqual(values);
  });
});
