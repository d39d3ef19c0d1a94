import { appendFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clone } from '~/client/clone';
import { push } from '~/client/push';
import { type PushPlan, planPush } from '~/client/push-plan';
import { parseAddress } from '~/client/remote-address';
import { Repository } from '~/client/repository';
import { packs } from '~/client/send-push';
import { tempFolder } from '~tests/support/muse-fixtures';
import { MuseFolder } from '~tests/support/muse-folder';
import { WireServer } from '~tests/support/wire-server';

const COMMITS = 40;
const INDEX = '.muse/musehub/snapshot-deltas';

/** Plans a push of everything and counts the snapshots that are read for it. */
async function plan(root: string, head: string): Promise<{ plan: PushPlan; reads: number }> {
  const repository = Repository.open(root);
  let reads = 0;
  const source = {
    readCommit: (id: string) => repository.readCommit(id),
    objectSize: (id: string) => repository.objectSize(id),
    deltas: repository.deltas,
    snapshotParts(id: string) {
      reads++;
      return repository.snapshotParts(id);
    },
  };
  return { plan: await planPush(source, head, []), reads };
}

const bytesOf = (pushPlan: PushPlan) => Buffer.concat([...packs(pushPlan, 32 * 1024 ** 2)]);

async function indexed() {
  const muse = await MuseFolder.make();
  const ids = muse.line('main', COMMITS);
  const head = ids.at(-1)!;
  const first = await plan(muse.root, head);
  return { muse, ids, head, first, file: path.join(muse.root, INDEX) };
}

describe('the index of differences', () => {
  it('gives the same plan again without reading the manifests', async () => {
    const { muse, head, first } = await indexed();
    expect(first.reads).toBe(COMMITS);
    const second = await plan(muse.root, head);
    expect(second.reads).toBeLessThan(8);
    expect(bytesOf(second.plan).equals(bytesOf(first.plan))).toBe(true);
    expect(second.plan.objects).toEqual(first.plan.objects);
  });

  it('is no longer used for a snapshot whose file is another one', async () => {
    const { muse, ids, head, first } = await indexed();
    const before = await plan(muse.root, head);
    const { snapshotId } = muse.repository.commit(ids[30]!).commit;
    utimesSync(path.join(muse.root, '.muse', 'snapshots', `${snapshotId}.json`), 1, 1);
    const second = await plan(muse.root, head);
    expect(second.reads).toBeGreaterThan(before.reads);
    expect(bytesOf(second.plan).equals(bytesOf(first.plan))).toBe(true);
  });

  it('goes on after a line that was cut off, and makes do without what it cannot read', async () => {
    const { muse, head, first, file } = await indexed();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)!.slice(0, 200)}`);
    appendFileSync(file, '\n{"some":"thing"}\n[1,2]\n');
    const second = await plan(muse.root, head);
    expect(second.reads).toBeLessThan(10);
    expect(bytesOf(second.plan).equals(bytesOf(first.plan))).toBe(true);
  });

  it('is not read for a push of a few commits', async () => {
    const { muse, ids, head } = await indexed();
    const repository = Repository.open(muse.root);
    await planPush(repository, head, [ids.at(-3)!]);
    expect(repository.deltas.used).toBe(false);
  });
});

describe('a hub', () => {
  let server: WireServer;
  beforeAll(async () => {
    server = await WireServer.start();
  });
  afterAll(() => server.stop());
  const caller = () => ({ token: server.token, client: 'musehub/test' });
  const main = { localBranch: 'main', remoteBranch: 'main', force: false, remoteName: null };

  it('does not believe it: a wrong difference is found again and the push goes through', async () => {
    const { muse, ids, head, file } = await indexed();
    // Another object of this repository under the path: well formed, and wrong.
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const wrong = JSON.parse(lines[20]!);
    wrong[4][0][1] = JSON.parse(lines[3]!)[4][0][1];
    lines[20] = JSON.stringify(wrong);
    writeFileSync(file, `${lines.join('\n')}\n`);
    const remote = parseAddress(await server.repository('wrong-index'));
    const result = await push(Repository.open(muse.root), remote, caller(), main);
    expect(result).toMatchObject({ kind: 'create', newHead: head, commitsNew: ids.length });
    expect(server.pushes('wrong-index').map(({ outcome }) => outcome)).toEqual(['accepted']);
    expect(readFileSync(file, 'utf8')).not.toContain(lines[20]);
  });

  it('gives a clone what its index needs', async () => {
    const { muse, head } = await indexed();
    const remote = parseAddress(await server.repository('to-clone'));
    await push(muse.repository, remote, caller(), main);
    const folder = path.join(tempFolder(), 'copy');
    await clone(remote, caller(), { folder });
    expect((await plan(folder, head)).reads).toBeLessThan(8);
  });
});
