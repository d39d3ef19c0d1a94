import type { NewCommit } from '~/server/ports/push-store';
import type { Prng } from './prng';
import { commitOf } from './push-plans';

/**
 * A history of so many commits, parents before children: long lines, forks, merges of near and far
 * commits, and now and then a second root.
 */
export function randomHistory(random: Prng, count: number): NewCommit[] {
  const commits: NewCommit[] = [];
  const near = () => commits[Math.max(0, commits.length - 1 - random.below(4))]!;
  for (let n = 0; n < count; n++) {
    const parents = new Set<NewCommit>();
    if (n > 0 && !random.once(60)) {
      parents.add(near());
      if (random.once(4)) parents.add(random.once(3) ? random.pick(commits) : near());
    }
    commits.push(commitOf(`${random.seed} ${n}`, [...parents]));
  }
  return commits;
}
