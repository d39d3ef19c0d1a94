import { type CommitFacts, commitFacts } from '~/muse/commit-pack';
import type { Id } from '~/muse/ids';
import { isProblem } from '~/muse/problem';
import { mergeCommitRecord } from '~/wire/commit-record';
import { Refusal } from '~/wire/errors';
import type { CommitRecord } from '~/wire/frames';
import type { Spool, SpoolSlot } from '../ports/object-storage';
import type { PushStore, RecordUpdate } from '../ports/push-store';

const RECORDS_PER_READ = 500;
/** What the checks need of one commit of the push; the record itself is in the spool. */
export interface PushedCommit extends CommitFacts {
  signed: boolean;
  slot: SpoolSlot;
}

/** The commits of one push: boiled down as they come, their records kept in a spool. */
export class PushCommits {
  readonly byId = new Map<Id, PushedCommit>();
  constructor(private readonly spool: Spool) {}

  get count(): number {
    return this.byId.size;
  }

  /** Takes a record, whose id is recomputed here and judged with the whole pack. */
  add({ commit, raw }: CommitRecord): void {
    const facts = commitFacts(commit);
    if (isProblem(facts)) throw new Refusal(facts.code, facts.detail, facts.message);
    if (this.byId.has(commit.id)) {
      const reason = 'is sent twice';
      throw new Refusal('bad-commit', { commit_id: commit.id, reason });
    }
    const signed = commit.signature !== '';
    this.byId.set(commit.id, { ...facts, signed, slot: this.spool.append(raw) });
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
