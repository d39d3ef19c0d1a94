import { randomUUID } from 'node:crypto';
import { orderOf } from '~/muse/commit-order';
import { type Id, sha256 } from '~/muse/ids';
import type { Principal } from '~/server/access';
import type {
  NewCommit,
  NewObject,
  NewSnapshot,
  NewTree,
  PushOpening,
  PushPlan,
} from '~/server/ports/push-store';
import type { ErrorCode } from '~/wire/errors';
import { ERRORS } from '~/wire/errors';
import type { ErrorFrame } from '~/wire/frames';

/**
 * Rows of a push for tests of the stores. A store takes ids as they are, so these need no real
 * content: an id is the hash of a short name.
 */
export const idOf = (name: string): Id => sha256(name);

export const NO_COUNTS = { objects: 0, objectsReused: 0, commits: 0, bytesReceived: 0 };

const bytes = (text: string): Uint8Array => Buffer.from(text);

const COMMITTED_AT_MS = Date.UTC(2026, 3, 16, 12);

/** A commit by name: its id, snapshot and record all follow from it. */
export function commitOf(
  name: string,
  parents: Pick<NewCommit, 'id' | 'generation' | 'orderMs'>[] = [],
  fields: Partial<NewCommit> = {},
): NewCommit {
  return {
    id: idOf(name),
    snapshotId: idOf(`snapshot of ${name}`),
    parents: parents.map(({ id }) => id),
    generation: 1 + Math.max(0, ...parents.map(({ generation }) => generation)),
    author: 'ada',
    committedAt: '2026-04-16T12:00:00+00:00',
    committedAtMs: COMMITTED_AT_MS,
    orderMs: orderOf(
      COMMITTED_AT_MS,
      parents.map(({ orderMs }) => orderMs),
    ),
    branch: 'main',
    message: `feat(test): ${name}`,
    type: 'feat',
    scope: 'test',
    breaking: false,
    semVerBump: 'minor',
    agentId: '',
    modelId: '',
    signatureState: 'none',
    idVerified: true,
    record: bytes(`record of ${name}`),
    ...fields,
  };
}

export function snapshotOf(commit: Pick<NewCommit, 'snapshotId'>, treeName = 'tree'): NewSnapshot {
  return {
    id: commit.snapshotId,
    rootTreeId: idOf(treeName),
    entryCount: 1,
    extra: bytes('extra'),
    idVerified: true,
  };
}

export function treeOf(name: string, entries = `entries of ${name}`): NewTree {
  return { id: idOf(name), bytes: bytes(entries) };
}

export function objectOf(name: string, segmentId: string, fields: Partial<NewObject> = {}) {
  const object: NewObject = {
    id: idOf(name),
    encoding: 'raw',
    size: name.length,
    extents: [{ segmentId, offset: 0, length: name.length }],
    polyglot: '',
    ...fields,
  };
  return object;
}

/** What a test says of a plan: rows as lists, in batches of two when it is drawn. */
export interface PlanFields
  extends Partial<Omit<PushPlan, 'objects' | 'trees' | 'snapshots' | 'commits'>> {
  repoId: string;
  principal: Principal;
  objects?: NewObject[];
  trees?: NewTree[];
  snapshots?: NewSnapshot[];
  commits?: NewCommit[];
}

/**
 * A plan; unless told otherwise it creates or moves `main` to the last of its commits, and each
 * commit brings its snapshot.
 */
export function planOf(fields: PlanFields): PushPlan {
  const { objects = [], trees = [], commits = [], ...rest } = fields;
  const snapshots = fields.snapshots ?? commits.map((commit) => snapshotOf(commit));
  const oldHead = fields.oldHead ?? null;
  const newHead = fields.newHead === undefined ? (commits.at(-1)?.id ?? null) : fields.newHead;
  const kind = oldHead === null ? 'create' : newHead === null ? 'delete' : 'fast-forward';
  return {
    pushId: randomUUID(),
    branch: 'main',
    kind,
    idFormat: 'prefixed',
    segments: [],
    recordUpdates: [],
    counts: NO_COUNTS,
    bytesStored: 0,
    warnings: [],
    startedAtMs: Date.now(),
    commitUrl: (id) => `https://hub.example/commits/${id}`,
    ...rest,
    oldHead,
    newHead,
    objects: () => pairs(objects),
    trees: () => pairsInTime(trees),
    snapshots: () => pairsInTime(snapshots),
    commits: () => pairsInTime(commits),
  };
}

function* pairs<T>(items: T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += 2) yield items.slice(from, from + 2);
}

async function* pairsInTime<T>(items: T[]): AsyncGenerator<T[]> {
  yield* pairs(items);
}

export function openingOf(
  fields: Pick<PushOpening, 'repoId' | 'principal'> & Partial<PushOpening>,
): PushOpening {
  return {
    pushId: randomUUID(),
    branch: 'main',
    head: idOf('head'),
    client: 'muse/0.1.5',
    address: '192.0.2.1',
    startedAtMs: Date.now(),
    ...fields,
  };
}

export function errorFrameOf(code: ErrorCode, pushId: string): ErrorFrame {
  const { sentence: message, retryable } = ERRORS[code];
  return { type: 'X', code, message, retryable, pushId, detail: {} };
}
