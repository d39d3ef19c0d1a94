import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSpool } from '~/server/storage/file-spool';

describe('spool', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'musehub-spool-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A spool with 5,000 bytes of memory and what was put into it. */
  async function filled(total: number) {
    const spool = new FileSpool({
      folder: join(folder, 'made'),
      memoryBytes: 5_000,
      chunkBytes: 1_000,
    });
    const records: { bytes: Buffer; slot: { offset: number; length: number } }[] = [];
    while (spool.bytes < total) {
      const bytes = randomBytes(Math.floor(Math.random() * 3_000));
      records.push({ bytes, slot: spool.append(bytes) });
      await spool.ready();
    }
    return { spool, records };
  }

  it.each([2_000, 200_000])(
    'gives back every record, of %d bytes or more in all',
    async (total) => {
      const { spool, records } = await filled(total);
      for (const { bytes, slot } of records) {
        expect(slot.length).toBe(bytes.byteLength);
        expect(Buffer.compare(await spool.read(slot), bytes)).toBe(0);
      }
      await spool.close();
    },
  );

  it('answers many reads in the order asked for, twice the same slot too', async () => {
    const { spool, records } = await filled(300_000);
    const asked = [...records.toReversed(), records[3]!, ...records.slice(10, 20)];
    const answers = await spool.readMany(asked.map(({ slot }) => slot));
    expect(answers).toHaveLength(asked.length);
    for (const [n, { bytes }] of asked.entries()) {
      expect(Buffer.compare(answers[n]!, bytes), String(n)).toBe(0);
    }
    expect(await spool.readMany([])).toEqual([]);
    await spool.close();
  });

  it('reads what was appended while it is still being written', async () => {
    const spool = new FileSpool({ folder, memoryBytes: 0, chunkBytes: 1_000 });
    const bytes = randomBytes(50_000);
    const slot = spool.append(bytes);
    expect(Buffer.compare(await spool.read(slot), bytes)).toBe(0);
    await spool.close();
  });

  it('does not change with the buffer it was given', async () => {
    const spool = new FileSpool({ folder });
    const bytes = Buffer.from('first');
    const slot = spool.append(bytes);
    bytes.fill('x');
    expect(String(await spool.read(slot))).toBe('first');
    await spool.close();
  });

  it('stays in memory while it is small and leaves no name on disk when it is not', async () => {
    const small = await filled(2_000);
    expect(await readdir(folder)).toEqual([]);
    await small.spool.close();
    const large = await filled(100_000);
    // Some of these lie in the file, so it has been opened and its name removed.
    const read = await large.spool.readMany(large.records.map(({ slot }) => slot));
    expect(Buffer.concat(read)).toEqual(Buffer.concat(large.records.map(({ bytes }) => bytes)));
    expect(await readdir(join(folder, 'made'))).toEqual([]);
    await large.spool.close();
  });

  it('tells of a folder that cannot be written, to ready and to reads of what is lost', async () => {
    await writeFile(join(folder, 'made'), 'a file in the way');
    const spool = new FileSpool({
      folder: join(folder, 'made'),
      memoryBytes: 0,
      chunkBytes: 1_000,
    });
    const slot = spool.append(randomBytes(12 * 1024 ** 2));
    await expect(spool.ready()).rejects.toThrow(/EEXIST|ENOTDIR/);
    await expect(spool.ready()).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect((await spool.read(slot)).byteLength).toBe(slot.length);
    await spool.close();
  });

  it('refuses to read beyond its end and to be used once closed', async () => {
    const spool = new FileSpool({ folder });
    spool.append(Buffer.from('abc'));
    await expect(spool.read({ offset: 1, length: 3 })).rejects.toThrow(RangeError);
    await spool.close();
    await spool.close();
    expect(() => spool.append(Buffer.from('x'))).toThrow('closed');
    await expect(spool.read({ offset: 0, length: 1 })).rejects.toThrow('closed');
  });
});
