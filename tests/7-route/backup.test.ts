import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { musehub } from '~tests/support/cli';
import { type Hub, startHub } from '~tests/support/hub';
import { hubProgram } from '~tests/support/hub-program';
import { fixture, fixtureNames, tempFolder } from '~tests/support/muse-fixtures';
import { MuseFolder } from '~tests/support/muse-folder';
import { commitOf, framesOf, type ScriptCommit } from '~tests/support/push-script';
import { makeRepository, RawPush } from '~tests/support/raw-push';

/** What a hub has stored is checked, copied while it is pushed to, and restored elsewhere. */

let hub: Hub;
let home: string;
/** The folder of each repository that was pushed, by its slug. */
const pushed = new Map<string, string>();

beforeAll(async () => {
  hub = await startHub();
  home = tempFolder();
  const muse = await MuseFolder.make();
  muse.line('main', 30);
  muse.line('feat/x', 5);
  pushed.set('made', muse.root);
  for (const name of fixtureNames()) pushed.set(name, fixture(name));
  for (const [slug, cwd] of pushed) {
    await cli(hub, ['repo', 'create', slug]);
    await cli(hub, ['push', `${hub.url}/admin/${slug}`, '--all'], cwd);
  }
});
afterAll(() => hub?.dispose());

async function cli(at: Hub, args: string[], cwd = home): Promise<void> {
  const token = at.adminToken;
  const { code, stderr } = await musehub(args, { home, cwd, token, url: at.url });
  expect(code, `musehub ${args.join(' ')}: ${stderr}`).toBe(0);
}

/** What a clone says of itself: its remote, when it was made, and what it remembers of files. */
const OWN = /^\.muse\/(config\.toml|repo\.json|musehub\/.*)$/;

/** Every other file below a clone, with its hash. */
async function cloned(at: Hub, repository: string): Promise<Map<string, string>> {
  const folder = path.join(tempFolder(), 'clone');
  await cli(at, ['clone', `${at.url}/${repository}`, folder]);
  const files = new Map<string, string>();
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file);
    if (!entry.isFile() || OWN.test(name)) continue;
    files.set(name, createHash('sha256').update(fs.readFileSync(file)).digest('hex'));
  }
  return files;
}

/** Pushes one commit after the other to a branch until told to stop; the heads that were accepted. */
async function pushOnAndOn(repository: string, branch: string, going: () => boolean) {
  const heads: string[] = [];
  let last: ScriptCommit | undefined;
  while (going()) {
    const files = { 'data.bin': randomBytes(20_000), 'count.txt': String(heads.length) };
    const next = commitOf({ files, parents: last ? [last] : [] });
    const push = await new RawPush(hub, repository).finish(
      ...framesOf({ commits: [next], branch }),
    );
    expect(push.ending).toMatchObject({ type: 'R', newHead: next.id });
    heads.push(next.id);
    last = next;
  }
  return heads;
}

describe('the checker', () => {
  it('finds nothing wrong in a hub that runs, and in one that is stopped', async () => {
    const running = await hubProgram('fsck', hub.dataFolder);
    expect(running).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is wrong') });
    expect(running.stderr).toContain('checking admin/made');
    await hub.stop();
    const stopped = await hubProgram('fsck', hub.dataFolder, ['--json']);
    expect(stopped).toMatchObject({ code: 0, stderr: '' });
    const { summary } = JSON.parse(stopped.stdout);
    expect(summary).toMatchObject({ ok: true, findings: {} });
    expect(summary.checked.repositories).toBe(pushed.size);
    await hub.start();
  });

  it('names a fault, and ends with 1; with 2 where there is nothing to check', async () => {
    const folder = path.join(hub.dataFolder, 'objects', 'segments');
    const segments = fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    const damaged = segments[0]!;
    const good = fs.readFileSync(damaged);
    const bad = Buffer.from(good);
    bad[0]! ^= 1;
    fs.writeFileSync(damaged, bad);
    const found = await hubProgram('fsck', hub.dataFolder, ['--json']);
    fs.writeFileSync(damaged, good);
    expect(found.code).toBe(1);
    const [finding, ending] = found.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(finding).toMatchObject({
      kind: 'object-damaged',
      id: expect.stringMatching(/^\w{64}$/),
    });
    expect(ending.summary).toMatchObject({ ok: false, findings: { 'object-damaged': 1 } });
    const none = await hubProgram('fsck', tempFolder());
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('MUSEHUB_DATA') });
  });
});

describe('a backup that is made while pushes go on', () => {
  it('restores to a hub without a fault, whose clones are the same', async () => {
    const repository = await makeRepository(hub);
    let going = true;
    const branches = ['one', 'two', 'three'];
    const pushers = branches.map((branch) => pushOnAndOn(repository, branch, () => going));
    const target = path.join(tempFolder(), 'backup');
    const copies = (async () => {
      // Heads that were accepted before the backup began are in it.
      while (Object.keys(await headsOf(hub, repository)).length < branches.length);
      const before = await headsOf(hub, repository);
      const made = await hubProgram('backup', hub.dataFolder, [target]);
      return { before, made, again: await hubProgram('backup', hub.dataFolder, [target]) };
    })().finally(() => {
      going = false;
    });
    const [{ before, made, again }, ...accepted] = await Promise.all([copies, ...pushers]);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.stdout).toMatch(/Copied \d+ segments .* 0 were there/);
    expect(again.stdout).not.toContain('; 0 were there');
    expect(again.code).toBe(0);

    const other = await startHub({ dataFolder: target });
    try {
      const checked = await hubProgram('fsck', target);
      expect(checked, checked.stdout).toMatchObject({ code: 0 });
      const restored = await headsOf(other, repository);
      for (const [index, branch] of branches.entries()) {
        const place = (heads: Record<string, string>) => accepted[index]!.indexOf(heads[branch]!);
        expect(place(restored)).toBeGreaterThanOrEqual(place(before));
      }
      for (const slug of pushed.keys()) {
        expect(await cloned(other, `admin/${slug}`)).toEqual(await cloned(hub, `admin/${slug}`));
      }
      // It takes pushes: histories go on where the copy ended.
      const next = commitOf({ files: { a: 'a' } });
      const push = await new RawPush(other, repository).finish(
        ...framesOf({ commits: [next], branch: 'after' }),
      );
      expect(push.ending).toMatchObject({ type: 'R', kind: 'create' });
      expect(await hubProgram('fsck', target)).toMatchObject({ code: 0 });
    } finally {
      await other.dispose();
    }
  }, 180_000);

  it('is made of a hub that is stopped as well, and into no folder that is another’s', async () => {
    await hub.stop();
    const target = path.join(tempFolder(), 'cold');
    expect(await hubProgram('backup', hub.dataFolder, [target])).toMatchObject({ code: 0 });
    expect(await hubProgram('fsck', target)).toMatchObject({ code: 0 });
    const inside = await hubProgram('backup', hub.dataFolder, [`${hub.dataFolder}/copy`]);
    expect(inside).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('in the data folder'),
    });
    const full = tempFolder();
    fs.writeFileSync(path.join(full, 'thesis.txt'), 'mine');
    const kept = await hubProgram('backup', hub.dataFolder, [full]);
    expect(kept).toMatchObject({ code: 1, stderr: expect.stringContaining('something else') });
    expect(fs.readdirSync(full)).toEqual(['thesis.txt']);
    await hub.start();
  });
});

async function headsOf(at: Hub, repository: string): Promise<Record<string, string>> {
  const refs = await (await at.fetch(`/${repository}/refs`)).json();
  return refs.branch_heads;
}
