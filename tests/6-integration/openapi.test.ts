import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { hashToken, newToken } from '~/server/auth/token-text';
import { handleCreateRepository, handleWhoami } from '~/server/http/account-handler';
import { handleAddComment } from '~/server/http/comment-handler';
import { handleNegotiate } from '~/server/http/negotiate-handler';
import * as wire from '~/server/http/openapi/wire-shapes';
import { handlePushOutcome } from '~/server/http/push-outcome-handler';
import { handleRefs } from '~/server/http/refs-handler';
import { handleCreateRelease, handleListReleases } from '~/server/http/releases-handler';
import { handleListTags, handlePutTags } from '~/server/http/tags-handler';
import {
  handleCreateToken,
  handleListTokens,
  handleRevokeToken,
} from '~/server/http/token-handler';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { AN_ACT } from '~tests/support/audit-entries';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';
import type { SeededRepository } from '~tests/support/seed-repository';

let world: BrowseWorld;
let seeded: SeededRepository;
let token: string;
const repo = { owner: 'ada', slug: 'songs' };

beforeAll(async () => {
  world = await openBrowseWorld();
  const ada = await world.addUser('ada');
  const repoId = await world.addRepository(ada, 'songs', 'public');
  const commit = { name: 'a', files: { 'a.txt': 'one' } };
  seeded = await world.seed([commit], { repoId, principal: ada });
  token = newToken('human');
  await world.deps.identities.createToken(
    {
      ...{ id: randomUUID(), userId: ada.userId, name: 'test', hash: hashToken(token) },
      ...{ scopes: ['admin'], repoIds: null, branchPattern: null, expiresAtMs: null },
    },
    AN_ACT,
  );
});
afterAll(() => world.close());

const request = (method: string, body?: unknown) =>
  new Request(`${HUB_URL}/x`, {
    method,
    headers: {
      ...{ accept: 'application/json', authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** What is answered has the shape, and not one key more. */
async function expectShape(answer: Response, shape: z.ZodType): Promise<unknown> {
  const body: unknown = await answer.json();
  expect(shape.parse(body)).toEqual(body);
  return body;
}

describe('the shapes that the document of the API tells', () => {
  it('are those of the wire', async () => {
    const records = new PostgresFetchStore(world.db.prisma);
    const deps = { ...world.deps, records, store: records, limits: DEFAULT_LIMITS };
    const { id, snapshotId } = seeded.commits.get('a')!;
    await expectShape(await handleRefs(request('GET'), repo, deps), wire.refs);
    const asked = request('POST', { want: [id], have: [] });
    await expectShape(await handleNegotiate(asked, repo, deps), wire.negotiateAnswer);

    const tag = { tag_id: randomUUID(), commit_id: id, tag: 'v1', created_at: null };
    expect(wire.tagsRequest.parse({ tags: [tag] })).toEqual({ tags: [tag] });
    const put = await handlePutTags(request('POST', { tags: [tag] }), repo, deps);
    await expectShape(put, wire.tagsStored);
    await expectShape(await handleListTags(request('GET'), repo, deps), wire.tagsAnswer);

    const release = { tag: 'v1.0.0', commit_id: id, snapshot_id: snapshotId };
    expect(wire.releaseRequest.parse(release)).toEqual(release);
    const made = await handleCreateRelease(request('POST', release), repo, deps);
    await expectShape(made, wire.releaseMade);
    await expectShape(await handleListReleases(request('GET'), repo, deps), wire.releasesAnswer);

    const outcome = { ...deps, pushStore: world.pushStore };
    const pushId = seeded.result.pushId;
    const told = await handlePushOutcome(request('GET'), { ...repo, pushId }, outcome);
    await expectShape(told, wire.pushOutcome);
    const none = await handleRefs(request('GET'), { owner: 'ada', slug: 'none' }, deps);
    await expectShape(none, wire.refusal);
  });

  it('are those of the account', async () => {
    const { deps } = world;
    await expectShape(await handleWhoami(request('GET'), deps), wire.whoAmI);
    const fresh = request('POST', { slug: 'fresh', visibility: 'public' });
    await expectShape(await handleCreateRepository(fresh, deps), wire.repositoryMade);
    const wanted = request('POST', { name: 'laptop', scopes: ['read'] });
    const made = await expectShape(await handleCreateToken(wanted, deps), wire.tokenMade);
    await expectShape(await handleListTokens(request('GET'), deps), wire.tokenList);
    const { id } = made as { id: string };
    await expectShape(await handleRevokeToken(request('DELETE'), { id }, deps), wire.revoked);
    const commit_id = seeded.commits.get('a')!.id;
    const said = request('POST', { body: 'hello' });
    await expectShape(await handleAddComment(said, { ...repo, commit_id }, deps), wire.commentMade);
  });
});
