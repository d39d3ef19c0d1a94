import { objectIdOf } from '~/muse/ids';
import type { Principal } from '~/server/access';
import type { ObjectChecker } from '~/server/ports/object-checker';
import type { ObjectStorage } from '~/server/ports/object-storage';
import type { PushStore } from '~/server/ports/push-store';
import { FrameSource } from '~/server/services/frame-source';
import { newProgress } from '~/server/services/push-progress';
import { openPush, type ReceivePushDeps, receivePush } from '~/server/services/receive-push';
import { RecentManifests } from '~/server/services/recent-manifests';
import { SegmentObjectStorage } from '~/server/storage/segment-object-storage';
import { Refusal } from '~/wire/errors';
import type { ResultFrame } from '~/wire/frames';
import { DEFAULT_LIMITS, type Limits } from '~/wire/limits';
import { checkerInPlace } from './checker-in-place';
import { FakeClock } from './fake-clock';
import { MemoryBlobStore } from './memory-blob-store';
import { MemoryHub } from './memory-hub';
import { MemoryPushFeed } from './memory-push-feed';
import { memoryWorld } from './memory-world';
import { bodyOf, framesOf, type PushWish } from './push-script';
import { addRepository, addUser, withToken } from './store-cast';
import type { StoreWorld } from './store-world';

/** One repository and its owner over memory stubs, and pushes to it through the real service. */
export class PushStage {
  readonly trouble: string[] = [];
  readonly feed = new MemoryPushFeed();
  limits: Limits = DEFAULT_LIMITS;
  repoQuotaBytes: number | null = null;
  store: PushStore;
  storage: ObjectStorage;
  checker: ObjectChecker = checkerInPlace;
  manifests = new RecentManifests(1024 ** 2);

  private constructor(
    readonly hub: MemoryHub,
    readonly world: StoreWorld,
    readonly blobs: MemoryBlobStore,
    readonly repoId: string,
    readonly owner: Principal,
    readonly clock: FakeClock,
  ) {
    this.store = world.push;
    this.storage = this.storageOver(blobs);
  }

  static async open(): Promise<PushStage> {
    const clock = new FakeClock();
    const hub = new MemoryHub(() => clock.now());
    const world = memoryWorld(hub);
    const user = await addUser(world);
    const owner = await withToken(world, user);
    const repoId = await addRepository(world, user);
    return new PushStage(hub, world, new MemoryBlobStore(), repoId, owner, clock);
  }

  storageOver(blobs: MemoryBlobStore): ObjectStorage {
    return new SegmentObjectStorage({
      blobs,
      spoolFolder: '/nonexistent/spool',
      uuid: () => crypto.randomUUID(),
      onDamage: (damage) => this.trouble.push(damage.message),
      onTrouble: (what) => this.trouble.push(what),
    });
  }

  get deps(): ReceivePushDeps {
    return {
      store: this.store,
      storage: this.storage,
      checker: this.checker,
      manifests: this.manifests,
      feed: this.feed,
      clock: this.clock,
      limits: this.limits,
      repoQuotaBytes: this.repoQuotaBytes,
      commitUrl: (_, id) => `http://hub.test/commits/${id}`,
      onTrouble: (what) => this.trouble.push(what),
    };
  }

  /** Pushes; the RESULT, or throws as the service does. */
  push(wish: PushWish, principal: Principal = this.owner): Promise<ResultFrame> {
    return this.pushBytes(framesOf(wish), principal);
  }

  async pushBytes(chunks: Uint8Array[], principal: Principal = this.owner): Promise<ResultFrame> {
    const source = new FrameSource(bodyOf(chunks).getReader(), this.limits, this.clock);
    const { hub, repoId } = this;
    const repository = hub.repository(repoId);
    const request = {
      repository: { ...repository, owner: 'owner' },
      access: {
        repoId,
        ownerId: repository.ownerId,
        visibility: repository.visibility,
        collaboration:
          principal.kind === 'user'
            ? (repository.collaborators.get(principal.userId) ?? null)
            : null,
      },
      principal,
      client: 'test/1',
      address: '127.0.0.1',
    };
    const push = await openPush(source, request, this.deps);
    return push.settled ?? receivePush(source, push, request, newProgress(), this.deps);
  }

  /** The code and detail with which a push is refused; fails the test when it is accepted. */
  async refusal(wish: PushWish | Uint8Array[], principal?: Principal) {
    const push = Array.isArray(wish) ? this.pushBytes(wish, principal) : this.push(wish, principal);
    const error = await push.then(
      (result) => new Error(`accepted as ${result.kind}`),
      (thrown: unknown) => thrown,
    );
    if (!Refusal.is(error)) throw error;
    return { code: error.code, detail: error.detail };
  }

  head(branch = 'main'): string | undefined {
    return this.hub.repository(this.repoId).branches.get(branch);
  }

  /** Every object of the repository, read from its segments and hashed. */
  async readBack(): Promise<Map<string, Buffer>> {
    const contents = new Map<string, Buffer>();
    const objects = [...this.hub.repository(this.repoId).objects.values()];
    const wanted = objects.map((object) => ({ id: object.id, location: object }));
    for await (const read of this.storage.reader.readObjects(this.repoId, wanted)) {
      const content = Buffer.from(read.content!);
      if (objectIdOf(content) !== read.object.id)
        throw new Error(`wrong bytes for ${read.object.id}`);
      contents.set(read.object.id, content);
    }
    return contents;
  }
}
