import { beforeEach, describe, expect, it } from 'vitest';
import type { FetchStore } from '~/server/ports/fetch-store';
import { FetchPlans } from '~/server/services/fetch-plans';
import { openRepository } from '~/server/services/open-repository';
import type { FetchPlan, FetchWish } from '~/server/services/plan-fetch';
import { openFetch } from '~/server/services/serve-fetch';
import { TreeSource } from '~/server/services/tree-source';
import type { FetchStage, Person } from '~tests/support/fetch-stage';
import { memoryStage } from '~tests/support/memory-stage';
import type { SeededRepository } from '~tests/support/seed-repository';

const ROOM = 1024 ** 2;

let stage: FetchStage;
let ada: Person;
let repoId: string;
let repo: SeededRepository;

beforeEach(async () => {
  stage = memoryStage();
  ada = await stage.person('ada');
  repoId = await stage.emptyRepository(ada, 'notes');
  repo = await seed(repoId);
});

const seed = (id: string) =>
  stage.seed(ada, id, [
    { name: 'a', files: { 'x/1': 'one', 'x/2': 'two' } },
    { name: 'b', parents: ['a'], files: { 'x/3': 'three' } },
    { name: 'c', parents: ['a'], files: { 'x/4': 'four' } },
  ]);

const wishOf = (want: string[], have: string[] = [], depth: number | null = null): FetchWish => ({
  want: want.map((name) => repo.commits.get(name)!.id),
  have: have.map((name) => repo.commits.get(name)!.id),
  depth,
});

/** Plans through a store that counts its calls, and fails when told to. */
function planner(maxBytes: number) {
  const plans = new FetchPlans(maxBytes);
  const asked = { calls: 0, fail: false };
  const store = new Proxy(stage.deps.store, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        asked.calls++;
        if (asked.fail) throw new Error('cut');
        return member.apply(target, args);
      };
    },
  }) as FetchStore;
  const find = (wish: FetchWish, id = repoId) =>
    plans.find(id, wish, store, new TreeSource((ids) => store.loadTrees(id, ids)));
  return { asked, find };
}

const contentOf = (plan: FetchPlan) => ({
  commits: [...plan.commits],
  objects: [...plan.objects(2)].flat(),
  count: plan.objectCount,
});

describe('the plan of a fetch', () => {
  it('is made once for all that ask for the same, whatever the order of their ids', async () => {
    const { asked, find } = planner(ROOM);
    const first = await find(wishOf(['b', 'c'], ['a']));
    const { calls } = asked;
    expect(calls).toBeGreaterThan(0);
    const second = await find(wishOf(['c', 'b'], ['a']));
    expect(asked.calls).toBe(calls);
    expect(contentOf(second)).toEqual(contentOf(first));
  });

  it('is made once for those that ask at the same time', async () => {
    const alone = planner(ROOM);
    await alone.find(wishOf(['b']));
    const { asked, find } = planner(ROOM);
    await Promise.all([find(wishOf(['b'])), find(wishOf(['b'])), find(wishOf(['b']))]);
    expect(asked.calls).toBe(alone.asked.calls);
  });

  it('is another one for other heads, another peer, another depth and another repository', async () => {
    const { find } = planner(ROOM);
    const other = await stage.emptyRepository(ada, 'other');
    await seed(other);
    const plans = [
      await find(wishOf(['b'])),
      await find(wishOf(['b', 'c'])),
      await find(wishOf(['b'], ['a'])),
      await find(wishOf(['b'], [], 1)),
      await find(wishOf(['b']), other),
    ];
    expect(new Set(plans).size).toBe(plans.length);
    expect(plans.map(({ commits }) => commits.size)).toEqual([2, 3, 1, 1, 2]);
  });

  it('is made again when making it failed', async () => {
    const { asked, find } = planner(ROOM);
    asked.fail = true;
    await expect(find(wishOf(['b']))).rejects.toThrow('cut');
    asked.fail = false;
    expect((await find(wishOf(['b']))).commits.size).toBe(2);
  });

  it('is not kept when it takes more than its share of the room', async () => {
    const measured = (await planner(ROOM).find(wishOf(['b']))).heldBytes;
    expect(measured).toBeGreaterThan(0);
    const { asked, find } = planner(measured);
    await find(wishOf(['b']));
    const { calls } = asked;
    await find(wishOf(['b']));
    expect(asked.calls).toBe(2 * calls);
  });

  it('serves nobody who asks for a commit that is gone meanwhile', async () => {
    const plans = new FetchPlans(ROOM);
    const request = {
      owner: 'ada',
      slug: 'notes',
      scope: 'read',
      principal: ada.principal,
    } as const;
    const opened = await openRepository(request, stage.deps.identities);
    const { store } = stage.deps;
    await openFetch(opened, wishOf(['b']), { store, plans });
    const without = new Proxy(store, {
      get: (target, name) =>
        name === 'findCommits' ? async () => new Set() : Reflect.get(target, name).bind(target),
    });
    const late = openFetch(opened, wishOf(['b']), { store: without, plans });
    await expect(late).rejects.toMatchObject({ code: 'object-not-found' });
  });
});
