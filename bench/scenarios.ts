import fs from 'node:fs';
import path from 'node:path';
import { type Content, largeObjects, manyCommits, manyObjects } from './content';
import { HubPeer } from './hub-peer';
import { type Measurement, measure } from './measure';
import type { Peer } from './peer';
import { type Program, run } from './processes';

/** The work that is measured. Letters are those by which `--only` names it. */

export interface Sizes {
  objects: number;
  commits: number;
  files: number;
  largeFiles: number;
  largeBytes: number;
  clients: number;
}

export const FULL: Sizes = {
  objects: 10_000,
  commits: 1_000,
  files: 2_000,
  largeFiles: 64,
  largeBytes: 16 * 1024 ** 2,
  clients: 8,
};

export const SHORT: Sizes = {
  objects: 4_000,
  commits: 200,
  files: 2_000,
  largeFiles: 8,
  largeBytes: 16 * 1024 ** 2,
  clients: 4,
};

/** What `npm run bench:guard` has time for. */
export const GUARD: Sizes = {
  objects: 2_000,
  commits: 100,
  files: 1_000,
  largeFiles: 1,
  largeBytes: 1024 ** 2,
  clients: 1,
};

/** Files that a later commit changes. */
const CHANGED = 3;

/** One kind of work, set up for one peer; `round` does it once more and names what it measured. */
export interface Work {
  round(n: number): Promise<Record<string, Measurement>>;
}

export interface Scenario {
  letter: string;
  title: string;
  /** Rows of the table, with what each is. */
  rows: Record<string, string>;
  setUp(peer: Peer, place: Place): Promise<Work>;
}

/** Folders of one run. */
export interface Place {
  folder: string;
  rounds: number;
}

/**
 * Removes what a round made, unless it is thousands of files: they go with the folder of the run.
 * For half a minute ext4 gives a freed inode to nobody, yet looks at each one whenever a file is
 * made, so that the next round of any peer would take several times as long.
 */
function putAway(content: Content, remove: () => void): void {
  if (content.large) remove();
}

export function scenarios(sizes: Sizes, rounds: number): Scenario[] {
  const many = manyObjects(sizes.objects);
  // Every round of (d) and (h) takes another of the commits after those of (b).
  const history = manyCommits(sizes.commits + 2 * (rounds + 1), sizes.files, CHANGED);
  const large = largeObjects(sizes.largeFiles, sizes.largeBytes);
  const last = sizes.commits - 1;
  const mib = Math.round((sizes.largeFiles * sizes.largeBytes) / 1024 ** 2);
  return [
    freshPush('a', `push of ${sizes.objects} objects in one commit`, many, 0),
    freshPush('b', `push of ${sizes.commits} commits on ${sizes.files} files`, history, last),
    freshPush('c', `push of ${mib} MiB in ${sizes.largeFiles} objects`, large, 0),
    small(history, last),
    cloneOf('fa', 'clone of (a)', many, 0),
    cloneOf('fb', 'clone of (b)', history, last),
    cloneOf('fc', 'clone of (c)', large, 0),
    several(history, last, sizes.clients),
  ];
}

/** A push of everything to a new repository. */
function freshPush(letter: string, title: string, content: Content, head: number): Scenario {
  const prepared = `${letter}-prepared`;
  const again = `${letter}-again`;
  return {
    letter,
    title,
    rows: {
      [letter]: title,
      [again]: `(${letter}) from a folder that was pushed before`,
      [prepared]: `(${letter}) with its frames prepared`,
    },
    async setUp(peer, place) {
      const folder = await peer.source(content);
      peer.moveTo(folder, head);
      const body = path.join(place.folder, `${letter}.body`);
      if (peer instanceof HubPeer) await peer.record(folder, await peer.makeRepository(), body);
      const once = async (program: (url: string) => Program): Promise<Measurement> => {
        const url = await peer.makeRepository();
        const measured = await measure(peer, [program(url)]);
        putAway(content, () => peer.removeRepository(url));
        return measured;
      };
      return {
        async round() {
          peer.moveTo(folder, head);
          peer.forget(folder);
          const measured = { [letter]: await once((url) => peer.push(folder, url)) };
          if (content.commits > 1) measured[again] = await once((url) => peer.push(folder, url));
          if (peer instanceof HubPeer)
            measured[prepared] = await once((url) => peer.post(url, body));
          return measured;
        },
      };
    },
  };
}

/** One more commit, then nothing new, then a fetch of that commit by another. */
function small(content: Content, last: number): Scenario {
  return {
    letter: 'd',
    title: 'one more commit',
    rows: {
      d: 'push of one more commit on (b)',
      e: 'push when nothing is new',
      g: 'fetch of one new commit',
    },
    async setUp(peer, { folder }) {
      const source = await peer.source(content);
      const url = await peer.makeRepository();
      peer.moveTo(source, last);
      await run(peer.pushAsOrigin(source, url));
      const copy = path.join(folder, `${peer.name}-copy`);
      await run(peer.clone(url, copy));
      return {
        async round(n) {
          peer.moveTo(source, last + 1 + n);
          const d = await measure(peer, [peer.pushOrigin(source)]);
          const e = await measure(peer, [peer.pushOrigin(source)]);
          const g = await measure(peer, [peer.fetchOrigin(copy)]);
          return { d, e, g };
        },
      };
    },
  };
}

function cloneOf(letter: string, title: string, content: Content, head: number): Scenario {
  return {
    letter,
    title,
    rows: { [letter]: title },
    async setUp(peer, place) {
      const source = await peer.source(content);
      const url = await peer.makeRepository();
      peer.moveTo(source, head);
      await run(peer.push(source, url));
      return {
        async round(n) {
          const copy = path.join(place.folder, `${peer.name}-${letter}-${n}`);
          const measured = await measure(peer, [peer.clone(url, copy)]);
          putAway(content, () => fs.rmSync(copy, { recursive: true }));
          return { [letter]: measured };
        },
      };
    },
  };
}

/** Several clients push one more commit, each to its own repository, at once. */
function several(content: Content, last: number, clients: number): Scenario {
  const title = `${clients} clients push one more commit at once`;
  return {
    letter: 'h',
    title,
    rows: { h: title },
    async setUp(peer) {
      const source = await peer.source(content);
      const urls: string[] = [];
      const tokens: string[] = [];
      peer.moveTo(source, last);
      for (let i = 0; i < clients; i++) {
        const url = await peer.makeRepository();
        await run(peer.push(source, url));
        urls.push(url);
        if (peer instanceof HubPeer) tokens.push(await peer.makeToken());
      }
      const push = (url: string, i: number) =>
        peer instanceof HubPeer ? peer.pushAs(tokens[i]!, source, url) : peer.push(source, url);
      return {
        async round(n) {
          peer.moveTo(source, last + 1 + n);
          return {
            h: await measure(peer, urls.map(push)),
          };
        },
      };
    },
  };
}
