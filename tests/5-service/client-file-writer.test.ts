import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FileWriter } from '~/client/file-writer';
import { ObjectIntake } from '~/client/object-intake';
import { objectName, Repository } from '~/client/repository';
import { type Id, objectIdOf } from '~/muse/ids';
import { filesBelow } from '~tests/support/files-below';
import { tempFolder } from '~tests/support/muse-fixtures';

it('a writer shows a file when it is whole, and removes what it did not place', async () => {
  const root = mkdtempSync(path.join(tempFolder(), 'w-'));
  const writer = new FileWriter(root);
  const pieces = async function* () {
    yield Buffer.from('half ');
    expect(filesBelow(root).filter((name) => !name.startsWith('tmp-'))).toEqual([]);
    yield Buffer.from('whole');
  };
  await writer.putPieces(pieces(), () => 'a/b/file');
  await expect(
    writer.putPieces(
      (async function* () {
        yield Buffer.from('x');
        throw new Error('cut');
      })(),
      () => 'never',
    ),
  ).rejects.toThrow('cut');
  await writer.flush();
  writer.close();
  expect(filesBelow(root)).toEqual(['a/b/file']);
  expect(readFileSync(path.join(root, 'a/b/file'), 'utf8')).toBe('half whole');
});

it('a writer moves a new folder to its place as a whole, and its files one by one where it came up', async () => {
  const root = mkdtempSync(path.join(tempFolder(), 'w-'));
  const shown = () => filesBelow(root).filter((name) => !name.startsWith('tmp-'));
  mkdirSync(path.join(root, 'o/there'), { recursive: true });
  const writer = new FileWriter(root);
  for (const name of ['1', '2']) {
    for (const folder of ['o/new', 'o/there', 'o/empty', 'o/raced', 'p/q/new']) {
      writer.putLater(folder, name, Buffer.from(folder + name));
    }
  }
  expect(shown()).toEqual(['o/there/1', 'o/there/2']);
  mkdirSync(path.join(root, 'o/empty'));
  mkdirSync(path.join(root, 'o/raced'));
  writeFileSync(path.join(root, 'o/raced/1'), 'o/raced1');
  writeFileSync(path.join(root, 'o/raced/3'), 'o/raced3');
  await writer.flush();
  writer.putLater('o/new', '3', Buffer.from('o/new3'));
  writer.putLater('o/never', '1', Buffer.from('not flushed'));
  writer.close();
  const folders = ['o/empty', 'o/new', 'o/raced', 'o/there', 'p/q/new'];
  const files = folders.flatMap((folder) => [`${folder}/1`, `${folder}/2`]);
  expect(shown()).toEqual([...files, 'o/new/3', 'o/raced/3'].sort());
  for (const name of shown()) {
    expect(readFileSync(path.join(root, name), 'utf8')).toBe(name.replace(/\/(.)$/, '$1'));
  }
  expect(readdirSync(root).sort()).toEqual(['o', 'p']);
});

it('a taken object is there at once for who takes more, and for all after a flush', async () => {
  const repository = await Repository.init(mkdtempSync(path.join(tempFolder(), 'i-')), {
    branch: 'main',
  });
  const contents = Array.from({ length: 300 }, (_, i) => Buffer.from(`content ${i % 280}`));
  const ids: Id[] = contents.map(objectIdOf);
  for (const [i, id] of ids.entries()) {
    if (i % 2 > 0 || i >= 200) continue;
    mkdirSync(path.dirname(repository.objectPath(id)), { recursive: true });
    writeFileSync(repository.objectPath(id), contents[i]!);
  }
  const before = new Set(ids.filter((id) => repository.hasObject(id)));
  await repository.write(async (writer) => {
    const intake = new ObjectIntake(repository, writer);
    for (const [i, id] of ids.entries()) {
      expect(intake.has(id)).toBe(before.has(id) || i >= 280);
      if (i % 3 > 0) intake.put(id, contents[i]!);
      else {
        const pieces = async function* () {
          yield contents[i]!.subarray(0, 3);
          yield contents[i]!.subarray(3);
        };
        await intake.putPieces(id, pieces());
      }
      expect(intake.has(id)).toBe(true);
    }
    // Where all objects have few folders, their names are read at once.
    const [first] = ids;
    for (let i = 0; i < 20; i++) {
      expect(intake.has(first!)).toBe(true);
      expect(intake.has(`${first!.slice(0, 2)}${'0'.repeat(62)}`)).toBe(false);
    }
  });
  for (const [i, id] of ids.entries()) {
    expect(existsSync(path.join(repository.folder, objectName(id)))).toBe(true);
    expect(await repository.readObject(id, contents[i]!.length)).toEqual(contents[i]);
  }
});
