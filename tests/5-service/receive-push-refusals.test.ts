import { generateKeyPairSync, sign } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '~/muse/ids';
import { keyIdOf, signedMessageDigest } from '~/muse/signature';
import { encodePushFrame } from '~/wire/frame-codec';
import type { OutgoingPushFrame } from '~/wire/frames';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { encodeValue } from '~/wire/msgpack-writer';
import { AN_ACT } from '~tests/support/audit-entries';
import { commitOf, framesOf, type ScriptCommit } from '~tests/support/push-script';
import { PushStage } from '~tests/support/push-stage';
import { addUser, withToken } from '~tests/support/store-cast';

/** Every code with which the service refuses a push; each time nothing may have changed. */

let stage: PushStage;
let base: ScriptCommit;

beforeEach(async () => {
  stage = await PushStage.open();
  base = commitOf({ files: { 'README.md': 'hello\n' } });
  await stage.push({ commits: [base] });
});

/** Refused with this code, and the repository is as it was but for the history row. */
async function expectRefusal(
  wish: Parameters<PushStage['refusal']>[0],
  code: string,
  detail: Record<string, unknown> = {},
  principal?: Parameters<PushStage['refusal']>[1],
): Promise<void> {
  const before = stage.hub.countRows(stage.repoId);
  const refusal = await stage.refusal(wish, principal);
  expect(refusal).toMatchObject({ code, detail });
  expect(stage.hub.countRows(stage.repoId)).toEqual(before);
  expect(stage.head()).toBe(base.id);
  const last = [...stage.hub.repository(stage.repoId).pushes.values()].at(-1)!;
  expect(last.frame).toMatchObject({ type: 'X', code });
}

const child = (files: Record<string, string> = { 'README.md': 'hello\n' }, of = base) =>
  commitOf({ files, parents: [of], message: 'fix: child' });
const frame = (outgoing: OutgoingPushFrame) => encodePushFrame(outgoing, 'bare');

describe('the grammar', () => {
  it('refuses bytes that are no frame: bad-frame', async () => {
    await expectRefusal([Buffer.from('GET / HTTP/1.1\r\n')], 'bad-frame');
  });

  it('refuses another version: unsupported-version', async () => {
    const header = encodeValue({
      ...{ t: 'H', v: 1, branch: 'main', head: base.id, force: false, n_objects: 0, n_commits: 0 },
    });
    await expectRefusal([header], 'unsupported-version');
  });

  it('refuses a frame before HEADER: frame-out-of-order', async () => {
    const frames = framesOf({ commits: [child()] });
    await expectRefusal(frames.slice(1), 'frame-out-of-order');
  });

  it('refuses fewer or more than declared: count-mismatch', async () => {
    const commits = [child({ 'a.txt': 'a' })];
    await expectRefusal(framesOf({ commits, header: { objectCount: 2 } }), 'count-mismatch');
    await expectRefusal(framesOf({ commits, header: { objectCount: 0 } }), 'count-mismatch');
    await expectRefusal(framesOf({ commits, header: { commitCount: 2 } }), 'count-mismatch');
  });

  it('refuses a declared total above the limit before anything else comes: limit-exceeded', async () => {
    stage.limits = { ...DEFAULT_LIMITS, maxObjects: 1 };
    const [header] = framesOf({ commits: [child()], header: { objectCount: 2 } });
    await expectRefusal([header!], 'limit-exceeded');
  });

  it('refuses the other form of ids: id-format-mismatch', async () => {
    const prefixed = commitOf({ parents: [base], idFormat: 'prefixed' });
    await expectRefusal(
      framesOf({ commits: [prefixed], idFormat: 'prefixed' }),
      'id-format-mismatch',
    );
  });

  it('refuses a stream that mixes the forms: id-format-mismatch', async () => {
    const commits = [child({ 'a.txt': 'a' })];
    const bare = framesOf({ commits });
    const [, prefixedObject] = framesOf({ commits, idFormat: 'prefixed' });
    await expectRefusal([bare[0]!, prefixedObject!], 'id-format-mismatch');
  });
});

describe('the objects', () => {
  const content = Buffer.from('content of an object\n'.repeat(20));
  const object = (fields: Partial<Extract<OutgoingPushFrame, { type: 'O' }>>) => {
    const [header] = framesOf({
      commits: [child()],
      objects: new Map([[sha256(content), content]]),
    });
    const id = sha256(content);
    const raw = { type: 'O', id, size: content.length, encoding: 'raw', data: content } as const;
    return [header!, frame({ ...raw, ...fields })];
  };

  it('must hash to their ids: object-hash-mismatch', async () => {
    await expectRefusal(object({ id: sha256('other') }), 'object-hash-mismatch');
  });

  it('must be as long as declared: object-size-mismatch', async () => {
    await expectRefusal(object({ size: content.length - 1 }), 'object-size-mismatch');
    const zlib = { encoding: 'zlib', data: deflateSync(content) } as const;
    await expectRefusal(object({ ...zlib, size: content.length + 1 }), 'object-size-mismatch');
  });

  it('must decode: object-decode-failed', async () => {
    const data = deflateSync(content).subarray(0, 20);
    await expectRefusal(object({ encoding: 'zlib', data }), 'object-decode-failed');
  });

  it('must have a known encoding: unsupported-encoding', async () => {
    const [header] = object({});
    const bad = encodeValue({
      ...{ t: 'O', id: sha256(content), size: content.length, enc: 'brotli', data: content },
    });
    await expectRefusal([header!, bad], 'unsupported-encoding');
  });

  it('must be sent or stored here: object-missing', async () => {
    const commits = [child({ 'a.txt': 'never sent' })];
    const objects = new Map();
    await expectRefusal({ commits, objects }, 'object-missing', {
      object_id: sha256('never sent'),
      snapshot_id: commits[0]!.snapshotId,
    });
  });
});

describe('the snapshots', () => {
  it('must hash to their ids: snapshot-id-mismatch', async () => {
    const commit = child({ 'a.txt': 'a' });
    const snapshots = [{ ...commit.snapshot, manifest: [] }];
    await expectRefusal({ commits: [commit], snapshots }, 'snapshot-id-mismatch', {
      snapshot_id: commit.snapshotId,
    });
  });

  it('must be sent or stored here: snapshot-missing', async () => {
    const commit = child({ 'a.txt': 'a' });
    await expectRefusal({ commits: [commit], snapshots: [] }, 'snapshot-missing');
  });

  it('must have safe paths: bad-path', async () => {
    for (const path of ['../up', '/root', 'a//b', '.muse/config', 'a/.MUSE/b', 'back\\slash', '']) {
      await expectRefusal({ commits: [child({ [path]: 'x' })] }, 'bad-path');
    }
  });

  it('may have so many files: limit-exceeded', async () => {
    stage.limits = { ...DEFAULT_LIMITS, maxSnapshotEntries: 1 };
    await expectRefusal({ commits: [child({ a: 'a', b: 'b' })] }, 'limit-exceeded');
  });
});

describe('the commits', () => {
  it('must hash to their ids: commit-id-mismatch', async () => {
    const commit = child();
    const wrong = { ...commit.record.commit, message: 'another' };
    const raw = encodeValue({
      ...{ commit_id: commit.id, snapshot_id: commit.snapshotId, message: wrong.message },
      ...{ committed_at: wrong.committedAt, parent_commit_id: base.id },
    });
    const forged = { ...commit, record: { commit: wrong, raw } };
    await expectRefusal({ commits: [forged] }, 'commit-id-mismatch', { commit_id: commit.id });
  });

  it('are kept unverified when their schema is a later one', async () => {
    const commit = child();
    const raw = encodeValue({
      ...{ commit_id: sha256('later'), snapshot_id: commit.snapshotId, message: 'later' },
      ...{ committed_at: '2027-01-01', parent_commit_id: base.id, format_version: 6 },
    });
    const later = { ...commit, id: sha256('later'), record: { ...commit.record, raw } };
    await stage.push({ commits: [later] });
    const stored = stage.hub.repository(stage.repoId).commits.get(sha256('later'));
    expect(stored).toMatchObject({ idVerified: false, committedAtMs: Date.parse('2027-01-01') });
  });

  it('must be whole: bad-commit', async () => {
    const raw = encodeValue({ commit_id: sha256('x'), snapshot_id: base.snapshotId, message: 7 });
    const commit = { ...child(), record: { ...base.record, raw } };
    await expectRefusal({ commits: [commit] }, 'bad-commit', { field: 'message' });
  });

  it('must have their parents: parent-missing', async () => {
    const orphan = commitOf({ parents: [commitOf({})] });
    await expectRefusal({ commits: [orphan] }, 'parent-missing', {
      parent_id: orphan.record.commit.parents[0],
    });
  });

  it('must be what the head reaches: unreachable-commit', async () => {
    const commits = [child({ a: 'a' }), child({ b: 'b' })];
    await expectRefusal({ commits }, 'unreachable-commit', { commit_id: commits[0]!.id });
  });

  it('must contain the head or find it stored: head-missing', async () => {
    await expectRefusal({ head: sha256('nothing') }, 'head-missing');
  });
});

describe('the branch', () => {
  it('must have a valid name: bad-branch-name', async () => {
    for (const branch of ['', '..', 'a..b', 'end.lock', 'sp ace', '-x', 'a/', 'HEAD']) {
      await expectRefusal({ commits: [child()], branch }, 'bad-branch-name');
    }
  });

  it('must exist to be deleted: branch-not-found', async () => {
    await expectRefusal({ head: null, branch: 'gone' }, 'branch-not-found');
  });

  it('must stand where it is expected: stale-head', async () => {
    await expectRefusal({ commits: [child()], expectedHead: null }, 'stale-head', {
      current_head: base.id,
    });
  });

  it('must be moved within its rules: branch-protected', async () => {
    const rule = { pattern: 'main', requireSigned: false };
    const strict = { ...rule, allowForce: false, allowDelete: false, pushRole: 'write' as const };
    await stage.world.setRules(stage.repoId, [strict]);
    await expectRefusal({ head: null }, 'branch-protected');
    const other = commitOf({ message: 'other root' });
    await expectRefusal(
      { commits: [other], force: true, expectedHead: base.id },
      'branch-protected',
    );
    expect(await stage.push({ commits: [other], branch: 'free' })).toMatchObject({
      kind: 'create',
    });
  });

  it('may be pushed to by a token for other branches only elsewhere: insufficient-scope', async () => {
    const narrow = await withToken(stage.world, stage.owner as never, { branchPattern: 'feat/*' });
    await expectRefusal({ commits: [child()] }, 'insufficient-scope', {}, narrow);
    expect(await stage.push({ commits: [child()], branch: 'feat/x' }, narrow)).toMatchObject({
      kind: 'create',
    });
  });

  it('is closed to someone who may only read: access-denied', async () => {
    const reader = await withToken(stage.world, await addUser(stage.world));
    await expectRefusal({ commits: [child()] }, 'access-denied', {}, reader);
  });
});

describe('the quota of a repository', () => {
  /** The bytes that the repository has, and a commit that brings 1,000 more. */
  const stored = () => stage.store.storedBytes(stage.repoId);
  const bringing = (name: string) => child({ [name]: name.repeat(1000) });

  it('refuses what would bring it above, before the transaction: quota-exceeded', async () => {
    const storedBytes = await stored();
    stage.repoQuotaBytes = storedBytes + 999;
    const commits = [bringing('a')];
    await expectRefusal({ commits }, 'quota-exceeded', {
      ...{ quota_bytes: storedBytes + 999, stored_bytes: storedBytes, push_bytes: 1000 },
    });
    expect(stage.blobs.blobs.size).toBe(1);
    stage.repoQuotaBytes++;
    expect(await stage.push({ commits })).toMatchObject({ kind: 'fast-forward' });
    expect(await stored()).toBe(stage.repoQuotaBytes);
  });

  it('refuses the HEADER of a push with objects when it is used up already', async () => {
    stage.repoQuotaBytes = await stored();
    const [header] = framesOf({ commits: [bringing('a')] });
    await expectRefusal([header!], 'quota-exceeded', { quota_bytes: stage.repoQuotaBytes });
  });

  it('leaves a push alone that brings no object, and one without a quota unasked', async () => {
    stage.repoQuotaBytes = 1;
    const commits = [commitOf({ parents: [base], message: 'without files' })];
    expect(await stage.push({ commits })).toMatchObject({ kind: 'fast-forward' });
    stage.repoQuotaBytes = null;
    stage.store.storedBytes = () => Promise.reject(new Error('was asked'));
    await stage.push({ commits: [bringing('a')], branch: 'free' });
  });
});

describe('the signature gate', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);

  /** The commit with a signature over its provenance; the id is outside of it. */
  function signed(of: ScriptCommit, key = privateKey): ScriptCommit {
    const commit = { ...of.record.commit, signerKeyId: keyIdOf(raw).slice(0, 16) };
    const signature = sign(null, Buffer.from(signedMessageDigest(commit)), key).toString(
      'base64url',
    );
    const wish = { signature, signer_key_id: commit.signerKeyId };
    return {
      ...of,
      record: {
        commit: { ...commit, signature },
        raw: encodeValue({
          ...{ commit_id: of.id, snapshot_id: of.snapshotId, message: commit.message },
          ...{ committed_at: commit.committedAt, parent_commit_id: base.id, author: commit.author },
          ...wish,
        }),
      },
    };
  }

  beforeEach(async () => {
    await stage.world.setRepository(stage.repoId, { requireSigned: true });
  });

  it('refuses a commit without one: signature-required', async () => {
    const by = { required_by: 'repository' };
    await expectRefusal({ commits: [child()] }, 'signature-required', by);
  });

  it('of a branch rule is the rule’s: the refusal names its pattern', async () => {
    await stage.world.setRepository(stage.repoId, { requireSigned: false });
    const rule = { allowForce: true, allowDelete: true, pushRole: 'write' as const };
    await stage.world.setRules(stage.repoId, [
      { ...rule, pattern: '*', requireSigned: false },
      { ...rule, pattern: 'ma*', requireSigned: true },
    ]);
    const by = { required_by: 'branch-rule', pattern: 'ma*' };
    await expectRefusal({ commits: [child()] }, 'signature-required', by);
    await expectRefusal({ commits: [signed(child())] }, 'signature-invalid', by);
    const free = await stage.push({ commits: [child()], branch: 'free' });
    expect(free).toMatchObject({ kind: 'create' });
  });

  it('refuses one of a key that was revoked, and leaves alone what that signed before', async () => {
    const userId = stage.owner.kind === 'user' ? stage.owner.userId : '';
    await stage.world.addSigningKey({ keyId: keyIdOf(raw), publicKey: raw, userId });
    const before = signed(child());
    await stage.push({ commits: [before], branch: 'before' });
    await stage.world.keys.revokeOwnKey(userId, keyIdOf(raw), AN_ACT);
    const after = commitOf({ message: 'after', parents: [base] });
    await expectRefusal({ commits: [signed(after)] }, 'signature-invalid', {
      state: 'unknown-key',
    });
    const stored = stage.hub.repository(stage.repoId).commits.get(before.id);
    expect(stored?.signatureState).toBe('verified');
  });

  it('refuses one of a key that nobody registered: signature-invalid', async () => {
    await expectRefusal({ commits: [signed(child())] }, 'signature-invalid', {
      state: 'unknown-key',
    });
  });

  it('refuses one that another key made: signature-invalid', async () => {
    const userId = stage.owner.kind === 'user' ? stage.owner.userId : '';
    await stage.world.addSigningKey({ keyId: keyIdOf(raw), publicKey: raw, userId });
    const { privateKey: other } = generateKeyPairSync('ed25519');
    await expectRefusal({ commits: [signed(child(), other)] }, 'signature-invalid', {
      state: 'bad',
    });
  });

  it('takes one of a registered key, and the state is kept', async () => {
    const userId = stage.owner.kind === 'user' ? stage.owner.userId : '';
    await stage.world.addSigningKey({ keyId: keyIdOf(raw), publicKey: raw, userId });
    const commit = signed(child());
    await stage.push({ commits: [commit] });
    const stored = stage.hub.repository(stage.repoId).commits.get(commit.id);
    expect(stored?.signatureState).toBe('verified');
  });
});
