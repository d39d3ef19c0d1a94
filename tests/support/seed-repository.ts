import { commitIdsOf } from '~/muse/commit-id';
import { orderOf } from '~/muse/commit-order';
import { parseSubject } from '~/muse/conventional-commit';
import { formatId, type Id, type IdFormat, objectIdOf } from '~/muse/ids';
import { ManifestTree } from '~/muse/manifest-tree';
import { isProblem } from '~/muse/problem';
import type { Principal } from '~/server/access';
import type { IncomingObject, ObjectStorage, ObjectWriter } from '~/server/ports/object-storage';
import type { NewCommit, NewSnapshot, NewTree, PushStore } from '~/server/ports/push-store';
import type { ResultFrame } from '~/wire/frames';
import { encodeValue } from '~/wire/msgpack-writer';

/**
 * A repository with a history, stored as a push stores it but without the wire: for tests of what
 * reads. Everything has its real id and every record its real form.
 */

/** Changes against the first parent's files; null removes. */
export type SeedFiles = Record<string, string | Uint8Array | null>;

export interface SeedCommit {
  /** By which later commits and the caller refer to it. */
  name: string;
  files: SeedFiles;
  parents?: string[];
  message?: string;
  author?: string;
  /** Other keys of the commit record, and of the snapshot record. */
  record?: Record<string, unknown>;
  snapshotExtra?: Record<string, unknown>;
}

export interface SeedOptions {
  repoId: string;
  principal: Principal;
  branch?: string;
  /** Name of the commit that the branch shall point at; the last one when absent. */
  head?: string;
  oldHead?: Id | null;
  idFormat?: IdFormat;
  museRepoId?: string;
  /** How an object's bytes are stored; raw when absent. */
  encode?: (content: Uint8Array) => Pick<IncomingObject, 'encoding'> & { stored: Uint8Array };
}

export interface SeededCommit {
  id: Id;
  snapshotId: Id;
  record: Uint8Array;
  parents: Id[];
  generation: number;
  orderMs: number;
  manifest: Map<string, Id>;
  tree: ManifestTree;
  createdAt: string;
}

export interface SeededRepository {
  commits: Map<string, SeededCommit>;
  /** Content by object id. */
  objects: Map<Id, Uint8Array>;
  result: ResultFrame;
}

const FIRST_TIME_MS = Date.parse('2026-04-16T12:00:00Z');

/** Stores commits, given parents first, and points a branch at one of them. */
export async function seedRepository(
  stores: { pushStore: PushStore; openWriter: ObjectStorage['openWriter'] },
  commits: SeedCommit[],
  options: SeedOptions,
  earlier?: SeededRepository,
): Promise<SeededRepository> {
  const { repoId, branch = 'main', idFormat = 'bare' } = options;
  const made = new Map(earlier?.commits);
  const objects = new Map(earlier?.objects);
  const trees: NewTree[] = [];
  const snapshots = new Map<Id, NewSnapshot>();
  const newCommits: NewCommit[] = [];
  const knownTrees = new Set<Id>();
  const fresh = new Map<Id, Uint8Array>();

  for (const seed of commits) {
    const commit = makeCommit(seed, made, {
      branch,
      idFormat,
      museRepoId: options.museRepoId ?? '',
    });
    for (const content of contentsOf(seed.files)) {
      const id = objectIdOf(content);
      if (!objects.has(id)) fresh.set(id, content);
      objects.set(id, content);
    }
    for (const tree of commit.seeded.tree.newTrees((id) => knownTrees.has(id))) {
      knownTrees.add(tree.id);
      trees.push(tree);
    }
    snapshots.set(commit.seeded.snapshotId, commit.snapshot);
    newCommits.push(commit.row);
    made.set(seed.name, commit.seeded);
  }

  const written = await writeObjects(stores.openWriter(repoId), options, fresh);
  const head = made.get(options.head ?? commits.at(-1)?.name ?? '')?.id ?? null;
  const pushId = crypto.randomUUID();
  const startedAtMs = Date.now();
  await stores.pushStore.openPush({
    repoId,
    pushId,
    branch,
    head,
    principal: options.principal,
    client: 'seed/1',
    address: '127.0.0.1',
    startedAtMs,
  });
  const result = await stores.pushStore.applyPush({
    repoId,
    pushId,
    principal: options.principal,
    branch,
    kind: options.oldHead ? 'fast-forward' : 'create',
    oldHead: options.oldHead ?? null,
    newHead: head,
    idFormat,
    museRepoId: options.museRepoId,
    segments: written.segments,
    objects: () => written.objects.batches(),
    trees: () => once(trees.sort((a, b) => (a.id < b.id ? -1 : 1))),
    snapshots: () => once([...snapshots.values()].sort((a, b) => (a.id < b.id ? -1 : 1))),
    commits: () => once(newCommits),
    recordUpdates: [],
    counts: {
      objects: fresh.size,
      objectsReused: 0,
      commits: newCommits.length,
      bytesReceived: written.objects.storedBytes,
    },
    bytesStored: written.objects.storedBytes,
    warnings: [],
    startedAtMs,
    commitUrl: (id) => `http://hub.test/commits/${id}`,
  });
  return { commits: made, objects, result };
}

async function writeObjects(
  writer: ObjectWriter,
  { encode }: SeedOptions,
  contents: Map<Id, Uint8Array>,
) {
  for (const [id, content] of contents) {
    const { encoding, stored } = encode?.(content) ?? { encoding: 'raw', stored: content };
    await writer.add({
      id,
      size: content.byteLength,
      encoding,
      polyglot: '',
      parts: [stored],
      storedBytes: stored.byteLength,
    });
  }
  return writer.finish();
}

async function* once<T>(items: T[]): AsyncIterable<T[]> {
  const BATCH = 500;
  for (let from = 0; from < items.length; from += BATCH) yield items.slice(from, from + BATCH);
}

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content) : content;

function* contentsOf(files: SeedFiles): Generator<Uint8Array> {
  for (const content of Object.values(files)) if (content !== null) yield bytesOf(content);
}

function makeCommit(
  seed: SeedCommit,
  made: Map<string, SeededCommit>,
  { branch, idFormat, museRepoId }: { branch: string; idFormat: IdFormat; museRepoId: string },
): { seeded: SeededCommit; row: NewCommit; snapshot: NewSnapshot } {
  const parents = (seed.parents ?? []).map((name) => {
    const parent = made.get(name);
    if (!parent) throw new Error(`no commit ${name} before ${seed.name}`);
    return parent;
  });
  const tree = (parents[0]?.tree ?? ManifestTree.empty()).apply({
    add: Object.entries(seed.files).flatMap(([path, content]): [string, Id][] =>
      content === null ? [] : [[path, objectIdOf(bytesOf(content))]],
    ),
    remove: Object.keys(seed.files).filter((path) => seed.files[path] === null),
  });
  if (isProblem(tree)) throw new Error(`${seed.name}: ${tree.code} ${JSON.stringify(tree.detail)}`);
  const time = new Date(FIRST_TIME_MS + made.size * 1000).toISOString().replace('Z', '000+00:00');
  const parentIds = parents.map(({ id }) => id);
  const snapshotId = tree.snapshotId();
  const message = seed.message ?? `feat: ${seed.name}`;
  const author = seed.author ?? 'ada';
  const hashed = {
    snapshotId,
    parents: parentIds,
    message,
    committedAt: time,
    author,
    signerPublicKey: '',
  };
  const id = commitIdsOf(hashed).four;
  const text = (of: Id | undefined) => (of === undefined ? null : formatId(of, idFormat));
  const record = encodeValue({
    commit_id: text(id),
    repo_id: museRepoId,
    branch,
    snapshot_id: text(snapshotId),
    message,
    committed_at: time,
    parent_commit_id: text(parentIds[0]),
    parent2_commit_id: text(parentIds[1]),
    author,
    metadata: {},
    structured_delta: null,
    sem_ver_bump: 'minor',
    breaking_changes: [],
    format_version: 5,
    reviewed_by: [],
    test_runs: 0,
    ...seed.record,
  });
  const generation = 1 + Math.max(0, ...parents.map((parent) => parent.generation));
  const { type, scope } = parseSubject(message);
  const parentOrders = parents.map((parent) => parent.orderMs);
  const orderMs = orderOf(Date.parse(time), parentOrders);
  return {
    seeded: {
      id,
      snapshotId,
      record,
      parents: parentIds,
      generation,
      orderMs,
      manifest: new Map(tree.entries()),
      tree,
      createdAt: time,
    },
    row: {
      id,
      snapshotId,
      parents: parentIds,
      generation,
      author,
      committedAt: time,
      committedAtMs: Date.parse(time),
      orderMs,
      branch,
      message,
      type,
      scope,
      breaking: false,
      semVerBump: 'minor',
      agentId: String(seed.record?.agent_id ?? ''),
      modelId: '',
      signatureState: 'none',
      idVerified: true,
      record,
    },
    snapshot: {
      id: snapshotId,
      rootTreeId: tree.rootTreeId,
      entryCount: tree.entryCount,
      extra: encodeValue({ created_at: time, ...seed.snapshotExtra }),
      idVerified: true,
    },
  };
}
