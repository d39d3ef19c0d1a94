import { Refusal } from '~/wire/errors';
import type { CommitPackFrame } from '~/wire/frames';
import type { Limits } from '~/wire/limits';
import type { PushAction } from '~/wire/push-stream';
import type { ObjectChecker } from '../ports/object-checker';
import type { ObjectStorage, Spool } from '../ports/object-storage';
import type { PushRepository, PushStore } from '../ports/push-store';
import { PushCommits } from './push-commits';
import { PushObjects } from './push-objects';
import type { PushProgress } from './push-progress';
import { PushSnapshots } from './push-snapshots';
import type { RecentManifests } from './recent-manifests';

/**
 * The quarantine of one push: everything it sent, checked piece by piece and out of every reader's
 * sight. Objects go to segments that no row names yet; records and trees go to a spool.
 */
export class PushIntake {
  readonly objects: PushObjects;
  readonly snapshots: PushSnapshots;
  readonly commits: PushCommits;
  private readonly spool: Spool;

  constructor(
    repository: PushRepository,
    deps: {
      store: PushStore;
      storage: ObjectStorage;
      checker: ObjectChecker;
      manifests: RecentManifests;
      limits: Limits;
    },
    private readonly progress: PushProgress,
  ) {
    this.spool = deps.storage.openSpool();
    this.objects = new PushObjects(repository, deps, deps.limits);
    this.commits = new PushCommits(this.spool);
    this.snapshots = new PushSnapshots(
      repository.id,
      deps.store,
      deps.manifests,
      this.spool,
      (id) => this.objects.wasSent(id),
      deps.limits,
    );
  }

  /** Does what a frame asks for; a promise is back-pressure, to be awaited before the next frame. */
  perform(action: PushAction): Promise<void> | undefined {
    switch (action.kind) {
      case 'keep-object':
        this.progress.objects++;
        return this.objects.keep(action.frame);
      case 'keep-chunk':
        if (action.first) this.progress.objects++;
        return this.objects.keepChunk(action.frame, action.first, action.last);
      case 'keep-pack':
        return this.keepPack(action.frame);
      case 'open':
      case 'finish':
        return undefined;
    }
  }

  private async keepPack(pack: CommitPackFrame): Promise<void> {
    this.objects.seal(); // objects come before the first pack
    for (const snapshot of pack.snapshots) await this.snapshots.addWhole(snapshot);
    for (const delta of pack.snapshotDeltas) await this.snapshots.addDelta(delta);
    for (const record of pack.commits) this.commits.add(record);
    this.progress.commits = this.commits.count;
    await this.spool.ready();
  }

  /**
   * Why a push falls that met this error: an object that came before it, and is still being checked,
   * may be the first thing that is wrong.
   */
  async causeOf(error: unknown): Promise<unknown> {
    try {
      await this.objects.settle();
    } catch (earlier) {
      if (Refusal.is(earlier)) return earlier;
    }
    return error;
  }

  /**
   * Lets go of the quarantine of a push that failed. Segments are deleted only when no row can name
   * them: after an unknown outcome of the transaction the sweep, which asks the rows, tidies up.
   */
  async abandon(error: unknown): Promise<void> {
    const begun = this.progress.phase === 'applying';
    const rolledBack = Refusal.is(error) && error.detail.outcome !== 'unknown';
    if (!begun || rolledBack) await this.objects.abandon();
  }

  async close(): Promise<void> {
    await this.spool.close();
  }
}
