import { describe, expect, it } from 'vitest';
import type { Id } from '~/muse/ids';
import type { NewCommit } from '~/server/ports/push-store';
import type { GraphCommit, LoadGraph } from '~/server/postgres/commit-frontier';
import { nearestCommon, walkMissing } from '~/server/postgres/commit-walk';
import { seededPrng } from '~tests/support/prng';
import { commitOf } from '~tests/support/push-plans';
import { randomHistory } from '~tests/support/random-history';

/** A graph in memory that counts what a walk asks of it, as the database would answer it. */
function graphOf(commits: NewCommit[]) {
  const byId = new Map(commits.map((commit) => [commit.id, commit]));
  const asked = { queries: 0, rows: 0 };
  const load: LoadGraph = async (ids, floor) => {
    asked.queries++;
    const found = new Map<Id, GraphCommit>();
    const open = ids.map((id) => ({ id, asked: true }));
    for (let next = open.pop(); next; next = open.pop()) {
      const commit = byId.get(next.id);
      if (!commit || found.has(next.id)) continue;
      if (!next.asked && commit.generation < floor) continue;
      found.set(next.id, commit);
      open.push(...commit.parents.map((id) => ({ id, asked: false })));
    }
    asked.rows += found.size;
    return [...found.values()];
  };
  return { load, asked, byId };
}

async function walk(load: LoadGraph, want: Id[], have: Id[], depth: number | null = null) {
  const ids: Id[] = [];
  for await (const batch of walkMissing(load, want, have, depth, 100)) {
    expect(batch.length).toBeLessThanOrEqual(100);
    ids.push(...batch.map(({ id }) => id));
  }
  return ids;
}

function line(count: number): NewCommit[] {
  const commits = [commitOf('line 0')];
  while (commits.length < count) {
    commits.push(commitOf(`line ${commits.length}`, [commits.at(-1)!]));
  }
  return commits;
}

describe('a walk over a long line', () => {
  const commits = line(20_000);
  const at = (n: number) => commits.at(n)!.id;

  it('reads two commits with one query when one is new, however long the line is', async () => {
    const { load, asked } = graphOf(commits);
    expect(await walk(load, [at(-1)], [at(-2)])).toEqual([at(-1)]);
    expect(asked).toEqual({ queries: 1, rows: 2 });
  });

  it('reads little more than what is new', async () => {
    const { load, asked } = graphOf(commits);
    expect(await walk(load, [at(-1)], [at(-101)])).toHaveLength(100);
    expect(asked.queries).toBeLessThanOrEqual(4);
    expect(asked.rows).toBeLessThan(500);
  });

  it('reads each commit once when all are new, some thousands per query', async () => {
    const { load, asked } = graphOf(commits);
    const ids = await walk(load, [at(-1)], []);
    expect(ids).toEqual(commits.map(({ id }) => id));
    expect(asked.rows).toBe(commits.length);
    expect(asked.queries).toBeLessThan(16);
  });

  it('reads only the wanted commits at depth 1', async () => {
    const { load, asked } = graphOf(commits);
    expect(await walk(load, [at(-1), at(-50)], [], 1)).toEqual([at(-50), at(-1)]);
    expect(asked).toEqual({ queries: 1, rows: 2 });
  });

  it('ends when the peer has everything, without looking at what is below', async () => {
    const { load, asked } = graphOf(commits);
    expect(await walk(load, [at(-500)], [at(-1)])).toEqual([]);
    expect(asked.rows).toBeLessThan(2_500);
  });

  it('finds a near common commit without walking to the root', async () => {
    const fork = commitOf('fork', [commits.at(-30)!]);
    const { load, asked } = graphOf([...commits, fork]);
    expect(await nearestCommon(load, [fork.id], [at(-1)], 5)).toEqual([at(-30)]);
    expect(asked.rows).toBeLessThan(150);
  });

  it('gives up on histories that share nothing once one of them is at its end', async () => {
    const stranger = commitOf('another root');
    const { load, asked } = graphOf([...commits, stranger]);
    expect(await nearestCommon(load, [at(100)], [stranger.id], 5)).toEqual([]);
    expect(asked.rows).toBeLessThan(200);
  });
});

it('a walk over many branches asks in few queries and reads each commit once', async () => {
  const main = line(5_000);
  const tips = Array.from({ length: 200 }, (_, n) =>
    commitOf(`tip ${n}`, [commitOf(`side ${n}`, [main[n * 25]!])]),
  );
  const sides = tips.map((_, n) => commitOf(`side ${n}`, [main[n * 25]!]));
  const commits = [...main, ...sides, ...tips];
  const { load, asked } = graphOf(commits);
  const ids = await walk(load, [main.at(-1)!.id, ...tips.map(({ id }) => id)], []);
  expect(new Set(ids)).toEqual(new Set(commits.map(({ id }) => id)));
  expect(asked.queries).toBeLessThan(20);
  expect(asked.rows).toBeLessThan(commits.length * 1.2);
});

it('walks over random graphs agree with plain sets, and parents come first', async () => {
  const random = seededPrng('commit walks');
  for (let round = 0; round < 200; round++) {
    const commits = randomHistory(random, 5 + random.below(200));
    const { load, byId } = graphOf(commits);
    const reach = (heads: Id[]): Set<Id> => {
      const seen = new Set<Id>();
      const open = [...heads];
      for (let id = open.pop(); id; id = open.pop()) {
        if (seen.has(id)) continue;
        seen.add(id);
        open.push(...byId.get(id)!.parents);
      }
      return seen;
    };
    const some = (count: number) => Array.from({ length: count }, () => random.pick(commits).id);
    const [want, have] = [some(1 + random.below(4)), some(random.below(4))];
    const [wanted, had] = [reach(want), reach(have)];
    const ids = await walk(load, want, have);
    expect(new Set(ids)).toEqual(new Set([...wanted].filter((id) => !had.has(id))));
    expect(new Set(ids).size).toBe(ids.length);
    const place = new Map(ids.map((id, index) => [id, index]));
    for (const id of ids) {
      for (const parent of byId.get(id)!.parents) {
        expect(place.get(parent) ?? -1).toBeLessThan(place.get(id)!);
      }
    }
    const common = [...wanted].filter((id) => had.has(id));
    const beneath = reach(common.flatMap((id) => byId.get(id)!.parents));
    const bases = await nearestCommon(load, want, have, 1_000);
    expect(new Set(bases)).toEqual(new Set(common.filter((id) => !beneath.has(id))));
  }
});

it('a parent that is not stored stops the walk with a fault instead of an incomplete answer', async () => {
  const lost = commitOf('lost');
  const { load } = graphOf([commitOf('child', [lost])]);
  await expect(walk(load, [commitOf('child').id], [])).rejects.toThrow(lost.id);
});
