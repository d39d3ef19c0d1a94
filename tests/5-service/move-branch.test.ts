import { beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { deleteBranch, type MoveBranchDeps, restoreBranch } from '~/server/services/move-branch';
import { type OpenRepository, openRepository } from '~/server/services/open-repository';
import type { ResultFrame } from '~/wire/frames';
import { TEST_USE } from '~tests/support/audit-entries';
import { memoryPushEntries } from '~tests/support/memory-push-entries';
import { commitOf, type ScriptCommit } from '~tests/support/push-script';
import { PushStage } from '~tests/support/push-stage';
import { addUser, withToken } from '~tests/support/store-cast';

//   root ── good          main, first
//      └─── bad           main, by force
//   root ── topic         topic

let stage: PushStage;
let deps: MoveBranchDeps;
let repo: OpenRepository;
let root: ScriptCommit;
let good: ScriptCommit;
let bad: ScriptCommit;
let topic: ScriptCommit;
let goodPush: ResultFrame;
let badPush: ResultFrame;
let topicPush: ResultFrame;

const RULE = {
  ...{ pattern: 'main', allowForce: true, allowDelete: true, requireSigned: false },
  pushRole: 'write' as const,
};
const open = (principal: Principal, scope: 'read' | 'write' = 'write') => {
  const { slug, ownerId } = stage.hub.repository(stage.repoId);
  const owner = stage.hub.users.get(ownerId)!.handle;
  return openRepository({ owner, slug, scope, principal }, stage.world.identity);
};
const history = () => [...stage.hub.repository(stage.repoId).pushes.values()];
const acts = () => stage.hub.acts.filter(({ action }) => action.startsWith('branch.'));

beforeEach(async () => {
  stage = await PushStage.open();
  root = commitOf({ files: { 'README.md': 'hello\n' } });
  good = commitOf({ files: { 'README.md': 'good\n' }, parents: [root], message: 'good' });
  bad = commitOf({ files: { 'README.md': 'bad\n' }, parents: [root], message: 'bad' });
  topic = commitOf({ files: { 'README.md': 'topic\n' }, parents: [root], message: 'topic' });
  goodPush = await stage.push({ commits: [root, good] });
  badPush = await stage.push({ commits: [bad], force: true, expectedHead: good.id });
  topicPush = await stage.push({ branch: 'topic', commits: [topic] });
  deps = {
    ...{ pushes: stage.world.push, browse: memoryPushEntries(stage.hub), clock: stage.clock },
    ...{ feed: stage.feed, url: 'http://hub.test', use: TEST_USE },
    log: { error: (what) => stage.trouble.push(what) },
  };
  repo = await open(stage.owner);
});

const restore = (wish: Partial<Parameters<typeof restoreBranch>[1]> = {}) =>
  restoreBranch(
    repo,
    { pushId: goodPush.pushId, to: 'after', expectedHead: bad.id, ...wish },
    deps,
  );

describe('a branch that is put back', () => {
  it('is where the entry left it, by a new entry that takes nothing away', async () => {
    const before = history().length;
    expect(await restore()).toMatchObject({
      ...{ seq: 4, branch: 'main', kind: 'force', oldHead: bad.id, newHead: good.id },
      ...{ commitsNew: 0, objectsNew: 0 },
    });
    expect(stage.head()).toBe(good.id);
    expect(history()).toHaveLength(before + 1);
    const entry = await deps.browse.findPushById(stage.repoId, history().at(-1)!.pushId);
    expect(entry).toMatchObject({ outcome: 'accepted', client: 'by hand', restoredSeq: 1 });
    expect(await deps.browse.findPushById(stage.repoId, badPush.pushId)).toMatchObject({
      newHead: bad.id,
    });
  });

  it('is noted with who did it, from where and to what', async () => {
    const { pushId } = await restore();
    expect(acts()).toMatchObject([
      {
        ...{ action: 'branch.restore', repoId: stage.repoId, address: TEST_USE.address },
        detail: { branch: 'main', kind: 'force', from: bad.id, to: good.id, push_id: pushId },
      },
    ]);
  });

  it('may go to before an entry too', async () => {
    const wish = { pushId: badPush.pushId, to: 'before' as const };
    expect(await restore(wish)).toMatchObject({ newHead: good.id });
  });

  it('goes forward where it can, and says so', async () => {
    const next = commitOf({ files: { 'README.md': 'next\n' }, parents: [bad], message: 'next' });
    const push = await stage.push({ commits: [next] });
    await restore({ pushId: badPush.pushId, expectedHead: next.id });
    expect(await restore({ pushId: push.pushId })).toMatchObject({
      ...{ kind: 'fast-forward', newHead: next.id },
    });
  });

  it('leaves its job, as any push that moves a branch', async () => {
    await restore();
    expect(stage.hub.jobs.at(-1)).toMatchObject({
      task: 'push-accepted',
      payload: { seq: 4, kind: 'force', newHead: good.id },
    });
  });

  it('is not moved when it is not where it was seen: stale-head, and the try is recorded', async () => {
    await expect(restore({ expectedHead: good.id })).rejects.toMatchObject({ code: 'stale-head' });
    expect(stage.head()).toBe(bad.id);
    expect(history().at(-1)).toMatchObject({ outcome: 'refused', frame: { code: 'stale-head' } });
    expect(acts()).toEqual([]);
  });

  it('is not moved to what an entry did not have: head-missing', async () => {
    const wish = { to: 'before' as const };
    await expect(restore(wish)).rejects.toMatchObject({ code: 'head-missing' });
  });

  it('is not moved to an entry that is none, or was refused: object-not-found', async () => {
    const { detail } = await stage.refusal({ commits: [good] });
    for (const pushId of [crypto.randomUUID(), String(detail.push_id)]) {
      await expect(restore({ pushId })).rejects.toMatchObject({ code: 'object-not-found' });
    }
  });

  it('obeys the rules of the branch: branch-protected', async () => {
    stage.hub.setRules(stage.repoId, [{ ...RULE, allowForce: false }]);
    await expect(restore()).rejects.toMatchObject({ code: 'branch-protected' });
    expect(stage.head()).toBe(bad.id);
    expect(history().at(-1)).toMatchObject({ outcome: 'refused' });
    stage.hub.setRules(stage.repoId, [{ ...RULE, pushRole: 'admin' }]);
    const writer = await addUser(stage.world);
    stage.hub.setCollaborator(stage.repoId, writer.userId, 'write');
    repo = await open(writer);
    await expect(restore()).rejects.toMatchObject({ code: 'branch-protected' });
  });

  it('is not moved by a token for other branches: insufficient-scope', async () => {
    const account = stage.owner as Extract<Principal, { kind: 'user' }>;
    repo = await open(await withToken(stage.world, account, { branchPattern: 'topic/*' }));
    await expect(restore()).rejects.toMatchObject({ code: 'insufficient-scope' });
  });

  it('is not moved by those who may only read', async () => {
    repo = await open(await addUser(stage.world), 'read');
    const entries = history().length;
    await expect(restore()).rejects.toMatchObject({ code: 'access-denied' });
    expect(history()).toHaveLength(entries);
  });
});

describe('a branch that is deleted by hand', () => {
  const remove = (branch: string, expectedHead: string) =>
    deleteBranch(repo, { branch, expectedHead }, deps);

  it('is gone, noted, and comes back from the history', async () => {
    const gone = await remove('topic', topic.id);
    expect(gone).toMatchObject({ kind: 'delete', oldHead: topic.id, newHead: null });
    expect(stage.head('topic')).toBeUndefined();
    expect(acts()).toMatchObject([{ action: 'branch.delete', detail: { branch: 'topic' } }]);
    const wish = { pushId: gone.pushId, to: 'before' as const, expectedHead: null };
    expect(await restore(wish)).toMatchObject({ kind: 'create', branch: 'topic' });
    expect(stage.head('topic')).toBe(topic.id);
  });

  it('that came back meanwhile is not moved: stale-head', async () => {
    const wish = { pushId: topicPush.pushId, expectedHead: null };
    await expect(restore(wish)).rejects.toMatchObject({ code: 'stale-head' });
  });

  it('is not the default one: branch-protected', async () => {
    await expect(remove('main', bad.id)).rejects.toMatchObject({
      ...{ code: 'branch-protected', message: expect.stringContaining('default') },
    });
    expect(stage.head()).toBe(bad.id);
  });

  it('is where it was seen, and there: stale-head, branch-not-found', async () => {
    await expect(remove('topic', good.id)).rejects.toMatchObject({ code: 'stale-head' });
    await expect(remove('nowhere', good.id)).rejects.toMatchObject({ code: 'stale-head' });
    expect(stage.head('topic')).toBe(topic.id);
  });

  it('obeys the rules of the branch: branch-protected', async () => {
    stage.hub.setRules(stage.repoId, [{ ...RULE, pattern: 'topic', allowDelete: false }]);
    await expect(remove('topic', topic.id)).rejects.toMatchObject({ code: 'branch-protected' });
  });

  it('leaves trouble in the log when not even its refusal can be recorded', async () => {
    const closePush = () => Promise.reject(new Error('the database is away'));
    const pushes = Object.assign(Object.create(stage.world.push), { closePush });
    deps = { ...deps, pushes };
    await expect(remove('topic', good.id)).rejects.toMatchObject({ code: 'stale-head' });
    expect(stage.trouble).toEqual(['the end of a push could not be recorded']);
  });
});
