import { commitIdMatches } from '~/muse/commit-id';
import type { Id } from '~/muse/ids';
import { mergeCommitRecord } from '~/wire/commit-record';
import { Refusal } from '~/wire/errors';
import type { CommitRecord } from '~/wire/frames';
import type { Spool, SpoolSlot } from '../ports/object-storage';
import type { PushStore, RecordUpdate, StoredCommit } from '../ports/push-store';

const LOOKUP_BATCH = 5_000;
const RECORDS_PER_READ = 500;
/** `format_version` up to which this hub knows how ids are derived (docs/protocol.md §1). */
const KNOWN_FORMAT_VERSION = 5;

/** What the checks need of one commit of the push; the record itself is in the spool. */
export interface PushedCommit {
  id: Id;
  snapshotId: Id;
  parents: Id[];
  idVerified: boolean;
  signed: boolean;
  slot: SpoolSlot;
}

/** The commits of one push: ids recomputed as they come, records kept in a spool. */
export class PushCommits {
  readonly byId = new Map<Id, PushedCommit>();
  constructor(private readonly spool: Spool) {}

  get count(): number {
    return this.byId.size;
  }

  /** Takes a record; throws `Refusal` when it does not hash to its id or came twice with a difference. */
  add({ commit, raw }: CommitRecord): void {
    const { id, snapshotId, parents } = commit;
    if (this.byId.has(id)) {
      throw new Refusal(
        'bad-commit',
        { commit_id: id },
        'A commit was sent twice in one push; send each once.',
      );
    }
    const idVerified = commitIdMatches(commit) !== null;
    const laterSchema = (commit.formatVersion ?? 0) > KNOWN_FORMAT_VERSION;
    if (!idVerified && !laterSchema) throw new Refusal('commit-id-mismatch', { commit_id: id });
    this.byId.set(id, {
      id,
      snapshotId,
      parents,
      idVerified,
      signed: commit.signature !== '',
      slot: this.spool.append(raw),
    });
  }

  /** Reads the exact bytes of records back, in the order of the commits. */
  async *records(
    commits: PushedCommit[],
  ): AsyncIterable<{ commit: PushedCommit; raw: Uint8Array }[]> {
    for (let from = 0; from < commits.length; from += RECORDS_PER_READ) {
      const batch = commits.slice(from, from + RECORDS_PER_READ);
      const raws = await this.spool.readMany(batch.map(({ slot }) => slot));
      yield batch.map((commit, index) => ({ commit, raw: raws[index]! }));
    }
  }

  /** The commits of this push that are stored already. */
  async findStored(
    repoId: string,
    store: Pick<PushStore, 'findCommits'>,
  ): Promise<Map<Id, StoredCommit>> {
    const stored = new Map<Id, StoredCommit>();
    const ids = [...this.byId.keys()];
    for (let from = 0; from < ids.length; from += LOOKUP_BATCH) {
      const found = await store.findCommits(repoId, ids.slice(from, from + LOOKUP_BATCH));
      for (const [id, commit] of found) stored.set(id, commit);
    }
    return stored;
  }

  /**
   * Compares the records that are stored already with what came: equal ones cost nothing, new
   * `reviewed_by` and `test_runs` become updates, any other difference is `commit-record-conflict`.
   */
  async compareStored(
    repoId: string,
    storedIds: Iterable<Id>,
    store: Pick<PushStore, 'loadRecords'>,
  ): Promise<RecordUpdate[]> {
    const commits = [...storedIds].map((id) => this.byId.get(id)!);
    const updates: RecordUpdate[] = [];
    for await (const batch of this.records(commits)) {
      const stored = await store.loadRecords(
        repoId,
        batch.map(({ commit }) => commit.id),
      );
      for (const { commit, raw } of batch) {
        const previous = stored.get(commit.id);
        if (!previous) continue;
        const merged = mergeCommitRecord(previous, raw);
        if (merged.kind === 'conflict') {
          throw new Refusal('commit-record-conflict', {
            commit_id: commit.id,
            field: merged.field,
          });
        }
        if (merged.kind === 'merged') {
          updates.push({ id: commit.id, previous, record: merged.record });
        }
      }
    }
    return updates;
  }
}
