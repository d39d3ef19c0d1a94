import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Principal } from '~/server/access';
import type { BlobStore } from '~/server/ports/blob-store';
import { systemClock } from '~/server/ports/clock';
import type { StoredObjectDamaged } from '~/server/ports/object-storage';
import { FrameSource } from '~/server/services/frame-source';
import { newProgress } from '~/server/services/push-progress';
import { openPush, type ReceivePushDeps, receivePush } from '~/server/services/receive-push';
import { RecentManifests } from '~/server/services/recent-manifests';
import { SegmentObjectStorage } from '~/server/storage/segment-object-storage';
import type { DamageOutcome } from '~/server/storage/segment-reader';
import type { ResultFrame } from '~/wire/frames';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { checkerInPlace } from './checker-in-place';
import type { TestDatabase } from './database';
import { MemoryPushFeed } from './memory-push-feed';
import { postgresWorld } from './postgres-world';
import { bodyOf, framesOf, type PushWish, type ScriptCommit } from './push-script';
import { addRepository, addUser, withToken } from './store-cast';
import type { StoreWorld } from './store-world';

/** Pushes into a repository of PostgreSQL and a blob store that a test chose to be troublesome. */
export class StorageStage {
  readonly alarms: [StoredObjectDamaged, DamageOutcome][] = [];
  readonly troubles: string[] = [];
  readonly storage: SegmentObjectStorage;
  readonly #deps: ReceivePushDeps;

  private constructor(
    readonly world: StoreWorld,
    readonly repoId: string,
    readonly owner: Principal & { kind: 'user' },
    blobs: BlobStore,
  ) {
    this.storage = new SegmentObjectStorage({
      blobs,
      spoolFolder: join(tmpdir(), 'musehub-test-spool'),
      uuid: randomUUID,
      onDamage: (...alarm) => this.alarms.push(alarm),
      onTrouble: (what) => this.troubles.push(what),
    });
    this.#deps = {
      store: world.push,
      storage: this.storage,
      checker: checkerInPlace,
      manifests: new RecentManifests(1024 ** 2),
      feed: new MemoryPushFeed(),
      clock: systemClock,
      limits: DEFAULT_LIMITS,
      repoQuotaBytes: null,
      commitUrl: (_, id) => `http://hub.test/commits/${id}`,
      onTrouble: (what) => this.troubles.push(what),
    };
  }

  static async open(database: TestDatabase, blobs: BlobStore): Promise<StorageStage> {
    const world = postgresWorld(database.prisma);
    const user = await addUser(world);
    const repoId = await addRepository(world, user);
    return new StorageStage(world, repoId, await withToken(world, user), blobs);
  }

  async push(wish: PushWish): Promise<ResultFrame> {
    const { owner, repoId } = this;
    const slug = `repo-${repoId.slice(0, 8)}`;
    const entry = await this.world.identity.findRepository(owner.handle, slug, owner);
    const request = { ...entry!, principal: owner, client: 'test/1', address: '127.0.0.1' };
    const body = bodyOf(framesOf(wish)).getReader();
    const source = new FrameSource(body, DEFAULT_LIMITS, systemClock);
    const push = await openPush(source, request, this.#deps);
    return push.settled ?? receivePush(source, push, request, newProgress(), this.#deps);
  }

  head(branch = 'main'): Promise<string | undefined> {
    return this.world.fetch.branchHeads(this.repoId).then((heads) => heads[branch]);
  }

  /** Reads every object of these commits back; the reader has hashed each. */
  async readBack(...commits: ScriptCommit[]): Promise<number> {
    const ids = [...new Set(commits.flatMap(({ objects }) => [...objects.keys()]))];
    const located = await this.world.fetch.locateObjects(this.repoId, ids);
    if (located.size < ids.length) throw new Error('objects without rows');
    const wanted = [...located].map(([id, location]) => ({ id, location }));
    let right = 0;
    for await (const batch of this.storage.reader.readBatches(this.repoId, wanted)) {
      right += batch.length;
    }
    return right;
  }
}
