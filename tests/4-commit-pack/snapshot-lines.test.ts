import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { difference, planPush } from '~/client/push-plan';
import { readSnapshotParts } from '~/client/records';
import { packs } from '~/client/send-push';
import { cutSnapshot, lineDifference } from '~/client/snapshot-lines';
import { MuseFolder } from '~tests/support/muse-folder';
import { seededPrng } from '~tests/support/prng';

const ID = 'a'.repeat(64);

/** A snapshot file in the form of the public CLI. */
const textOf = (files: [string, string][], tail: object = { created_at: 'now' }) =>
  `${JSON.stringify({ snapshot_id: ID, manifest: Object.fromEntries(files), ...tail }, null, 2)}\n`;

function byLines(from: string, to: string) {
  const [old, own] = [from, to].map((text) => cutSnapshot(ID, Buffer.from(text)));
  const found = old && own && lineDifference(old, own);
  return found && { add: sorted(found.add), remove: sorted(found.remove) };
}

function byRecords(from: string, to: string) {
  const [old, own] = [from, to].map((text) => readSnapshotParts(text, ID, 'a file'));
  const { add, remove } = difference(old!, own!);
  return { add: sorted(add), remove: sorted(remove) };
}

const sorted = <T>(list: T[]): T[] => [...list].sort((a, b) => (String(a) < String(b) ? -1 : 1));

describe('two snapshot files compared as lines', () => {
  it('differ as their records do, whatever was added, removed, changed or moved', () => {
    const random = seededPrng('snapshot lines');
    const newId = () => Buffer.from(random.bytes(32)).toString('hex');
    const name = () => {
      const words = ['src', 'a "b"', 'ü', 'x\\y', 'file', '📄', 'manifest', '}'];
      return Array.from({ length: 1 + random.below(3) }, () => words[random.below(8)]).join('/');
    };
    for (let round = 0; round < 300; round++) {
      const files = new Map<string, string>();
      for (let n = random.below(60); n > 0; n--) files.set(`${name()}${random.below(99)}`, newId());
      const from = [...files];
      let to = [...files];
      for (let n = random.below(6); n > 0; n--) {
        const at = random.below(to.length + 1);
        const kind = random.below(4);
        if (kind === 0) to.splice(at, 0, [`${name()}-${round}-${n}`, newId()]);
        else if (kind === 1) to.splice(at, 1 + random.below(3));
        else if (kind === 2 && to[at]) to[at] = [to[at][0], newId()];
        else if (kind === 3) to = [...to.slice(at), ...to.slice(0, at)];
      }
      const [one, other] = [textOf(from), textOf(to)];
      const expected = byRecords(one, other);
      const found = byLines(one, other);
      // A manifest without files has no lines; then the records are read.
      if (from.length > 0 && to.length > 0) expect(found).toEqual(expected);
      else expect(found).toBeNull();
    }
  });

  it.each([
    ['written in one line', (text: string) => JSON.stringify(JSON.parse(text))],
    ['indented otherwise', (text: string) => JSON.stringify(JSON.parse(text), null, 4)],
    ['with an id that is none', (text: string) => text.replace(/"f": "[^"]*"/, '"f": "none"')],
    [
      'with a file twice',
      (text: string) =>
        text.replace(/( {4}"g": )"[^"]*"/, `$1"${'d'.repeat(64)}",\n$1"${'e'.repeat(64)}"`),
    ],
  ])('give no answer for a file %s', (_, change) => {
    const text = textOf([
      ['f', 'b'.repeat(64)],
      ['g', 'c'.repeat(64)],
      ['h', 'c'.repeat(64)],
    ]);
    expect(change(text)).not.toBe(text);
    expect(byLines(text, change(text))).toBeNull();
  });

  it('give no answer when most of many lines differ', () => {
    const files = (id: string) =>
      Array.from({ length: 3_000 }, (_, i): [string, string] => [`f${i}`, id.repeat(64)]);
    expect(byLines(textOf(files('a')), textOf(files('b')))).toBeNull();
  });
});

describe('a plan', () => {
  it('is the same by lines as by records', async () => {
    const muse = await MuseFolder.make();
    const head = muse.line('main', 40).at(-1)!;
    const { repository } = muse;
    const plain = {
      readCommit: (id: string) => repository.readCommit(id),
      objectSize: (id: string) => repository.objectSize(id),
      snapshotParts: (id: string) => repository.snapshotParts(id),
    };
    const [slow, quick] = [
      await planPush(plain, head, []),
      await planPush({ ...plain, lines: repository.lines }, head, []),
    ];
    expect(repository.lines.used).toBe(true);
    const bytes = [slow, quick].map((plan) => Buffer.concat([...packs(plan, 32 * 1024 ** 2)]));
    expect(bytes[1]!.equals(bytes[0]!)).toBe(true);
    expect(quick.objects).toEqual(slow.objects);
  });

  it('takes the other keys of a record from its own file', async () => {
    const muse = await MuseFolder.make();
    const ids = muse.line('main', 3);
    const { snapshotId } = muse.repository.commit(ids[2]!).commit;
    const file = path.join(muse.root, '.muse', 'snapshots', `${snapshotId}.json`);
    const record = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, `${JSON.stringify({ ...record, note: 'kept' }, null, 2)}\n`);
    const plan = await planPush(muse.repository, ids[2]!, []);
    expect(muse.repository.lines.used).toBe(true);
    const bytes = Buffer.concat([...packs(plan, 32 * 1024 ** 2)]);
    expect(bytes.includes('note')).toBe(true);
    expect(bytes.includes('kept')).toBe(true);
  });
});
