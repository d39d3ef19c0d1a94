import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Hub, startHub } from '~tests/support/hub';
import { commitOf, framesOf } from '~tests/support/push-script';
import { makeRepository, RawPush } from '~tests/support/raw-push';

/** A hub whose operator bounds what a repository may have, in the production build. */

const QUOTA = 100_000;
let hub: Hub;
beforeAll(async () => {
  hub = await startHub({ env: { MUSEHUB_REPO_QUOTA_BYTES: String(QUOTA) } });
}, 600_000);
afterAll(() => hub?.dispose());

it('takes objects up to the quota; then a stream ends with quota-exceeded, later a HEADER with 413', async () => {
  const repository = await makeRepository(hub);
  const first = commitOf({ files: { a: randomBytes(QUOTA - 1_000) } });
  const push = (commits: (typeof first)[]) =>
    new RawPush(hub, repository).finish(...framesOf({ commits }));
  expect((await push([first])).ending).toMatchObject({ type: 'R', kind: 'create' });

  const large = commitOf({ files: { b: randomBytes(1_001) }, parents: [first] });
  const stream = await push([large]);
  expect([stream.status, stream.ending]).toMatchObject([
    200,
    { type: 'X', code: 'quota-exceeded', detail: { quota_bytes: QUOTA, push_bytes: 1_001 } },
  ]);

  const small = commitOf({ files: { c: randomBytes(1_000) }, parents: [first] });
  expect((await push([small])).ending).toMatchObject({ type: 'R', kind: 'fast-forward' });
  const last = commitOf({ files: { d: randomBytes(1) }, parents: [small] });
  const refused = await push([last]);
  expect([refused.status, refused.ending]).toMatchObject([413, { code: 'quota-exceeded' }]);

  const { branch_heads: heads } = await (await hub.fetch(`/${repository}/refs`)).json();
  expect(heads).toEqual({ main: small.id });
});
