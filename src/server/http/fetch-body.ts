import type { IdFormat } from '~/muse/ids';
import { type BodyForm, FetchAnswer } from '~/wire/fetch-answer';
import { encodeSnapshot } from '~/wire/pack-codec';
import {
  type OpenedFetch,
  type ServeFetchDeps,
  sentCommits,
  sentObjects,
  sentSnapshots,
} from '../services/serve-fetch';

/**
 * The answer of `fetch` (docs/protocol.md §4), one map, piece by piece. Its lists are announced by
 * their lengths, so it throws when anything is missing and is never well formed without it.
 */
export async function* fetchBody(
  fetch: OpenedFetch,
  deps: ServeFetchDeps,
  context: { form: BodyForm; idFormat: IdFormat; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const { plan } = fetch;
  const { idFormat, signal } = context;
  const answer = new FetchAnswer(context.form, idFormat);

  yield answer.commits(plan.commits.size);
  let commits = 0;
  for await (const { record } of sentCommits(fetch, deps, signal)) {
    yield answer.commit(record.raw);
    commits++;
  }
  requireAll('commits', commits, plan.commits.size);

  yield answer.snapshots(plan.snapshots.sendCount);
  let snapshots = 0;
  for await (const snapshot of sentSnapshots(fetch, deps, { deltas: false, signal })) {
    if (snapshot.kind !== 'whole') throw new Error('a whole snapshot was asked for');
    yield answer.snapshot(encodeSnapshot(snapshot.record, idFormat));
    snapshots++;
  }
  requireAll('snapshots', snapshots, plan.snapshots.sendCount);

  yield answer.objects(plan.objectCount);
  yield* objectPieces(fetch, deps, answer, signal);
  yield answer.end(fetch.branchHeads);
}

async function* objectPieces(
  fetch: OpenedFetch,
  deps: ServeFetchDeps,
  answer: FetchAnswer,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const batch of sentObjects(fetch, deps, signal)) {
    for (const { object, content } of batch) {
      const { size } = object.location;
      yield answer.openObject(object.id, size);
      let bytes = 0;
      const parts =
        content === null ? deps.objects.readObject(fetch.repoId, object, { signal }) : [content];
      for await (const part of parts) {
        bytes += part.byteLength;
        yield answer.content(part);
      }
      requireAll(`bytes of object ${object.id}`, bytes, size);
      yield answer.closeObject();
      count++;
    }
  }
  requireAll('objects', count, fetch.plan.objectCount);
}

function requireAll(what: string, sent: number, announced: number): void {
  if (sent !== announced) throw new Error(`sent ${sent} of ${announced} ${what}`);
}
