import { formatId, type Id } from '~/muse/ids';
import { encodeFetchRequest } from '~/wire/fetch-messages';
import {
  DEFAULT_LIMITS,
  FETCH_MAX_IDS,
  type Limits,
  MSGPACK_MIME_TYPE,
  STREAM_MIME_TYPE,
} from '~/wire/limits';
import { replaceRef } from './branch-refs';
import { ClientError } from './client-error';
import type { FileWriter } from './file-writer';
import { type Caller, openRequest, refusalOf, responseTo } from './http';
import { getRefs, type RemoteRefs } from './hub-api';
import type { KeptObjects } from './kept-objects';
import type { FetchProgress, FetchReport } from './receive-fetch';
import type { RemoteAddress } from './remote-address';
import { type Repository, remoteHeadName } from './repository';

export interface FetchOptions {
  /** Under which the remote's heads are kept. */
  remoteName: string;
  onProgress?: (progress: FetchProgress) => void;
}

export interface FetchResult {
  /** Null when everything was here already. */
  received: FetchReport | null;
  /** Branches whose head is another than when the remote was last seen. */
  updated: { branch: string; oldHead: Id | null; newHead: Id }[];
  /** Branches that were seen once and are gone now. */
  gone: string[];
}

/**
 * Brings what a remote's branches reach here, and notes their heads as `remotes/<name>/<branch>`.
 * The branches of this repository stay where they are.
 *
 * @throws ClientError; then no ref has changed
 */
export async function fetchRemote(
  repository: Repository,
  remote: RemoteAddress,
  caller: Caller,
  options: FetchOptions,
): Promise<FetchResult> {
  const refs = await getRefs(remote, caller);
  const before = repository.remoteHeads(options.remoteName).heads;
  const received = await fetchHeads(repository, remote, caller, refs, options.onProgress);
  const updated: FetchResult['updated'] = [];
  await repository.write((writer) => {
    for (const [branch, newHead] of refs.heads) {
      const oldHead = before.get(branch) ?? null;
      if (oldHead === newHead) continue;
      replaceRef(writer, remoteHeadName(options.remoteName, branch), formatted(newHead, refs));
      updated.push({ branch, oldHead, newHead });
    }
  });
  const gone = [...before.keys()].filter((branch) => !refs.heads.has(branch));
  return { received, updated, gone };
}

/** The text of an id in the form of the remote's repository. */
export function formatted(id: Id, refs: Pick<RemoteRefs, 'idFormat'>): string {
  return formatId(id, refs.idFormat ?? 'bare');
}

/**
 * Brings every commit that the heads in `refs` reach, with its snapshots and objects, flushed when
 * this returns; null when they were here.
 *
 * @param kept gets the small objects too
 */
export async function fetchHeads(
  repository: Repository,
  remote: RemoteAddress,
  caller: Caller,
  refs: RemoteRefs,
  onProgress: (progress: FetchProgress) => void = () => undefined,
  kept: KeptObjects | null = null,
): Promise<FetchReport | null> {
  const want = [...new Set(refs.heads.values())].filter((id) => !repository.hasCommit(id));
  if (want.length === 0) return null;
  const have = new Set([...repository.branches().heads.values(), ...trackedHeads(repository)]);
  const idsMax = refs.limits.fetch_max_ids ?? FETCH_MAX_IDS;
  if (want.length > idsMax) {
    throw new ClientError('limit-exceeded', `The remote has more than ${idsMax} new branches.`);
  }
  const here = [...have].filter((id) => repository.hasCommit(id)).slice(0, idsMax);
  const body = encodeFetchRequest({ want, have: here, depth: null }, refs.idFormat ?? 'bare');
  const sent = await openRequest(new URL(`${remote.url}/fetch/stream`), caller, {
    method: 'POST',
    accept: STREAM_MIME_TYPE,
    headers: { 'content-type': MSGPACK_MIME_TYPE, 'content-length': body.length },
  });
  sent.end(body);
  try {
    // What receives is loaded while the hub works.
    const [response, { damagedStream, FetchFrames }, { receiveFetch }] = await Promise.all([
      responseTo(sent),
      import('./fetch-frames'),
      import('./receive-fetch'),
    ]);
    if (response.statusCode !== 200) throw await refusalOf(response, remote.hub, caller);
    return await repository.write(async (writer: FileWriter) => {
      const frames = new FetchFrames(response, limitsOf(refs));
      const report = await receiveFetch(repository, writer, frames, onProgress, kept);
      for (const id of want) {
        if (!repository.hasCommit(id))
          throw damagedStream('a wanted commit is missing', { commit_id: id });
      }
      return report;
    });
  } finally {
    sent.destroy();
  }
}

function trackedHeads(repository: Repository): Id[] {
  return repository
    .remotes()
    .flatMap(({ name }) => [...repository.remoteHeads(name).heads.values()]);
}

/** What is believed of a frame's length: what the hub advertises, never less than the defaults. */
function limitsOf(refs: RemoteRefs): Limits {
  const larger = (name: string, value: number) => Math.max(refs.limits[name] ?? 0, value);
  return {
    ...DEFAULT_LIMITS,
    maxObjectWireBytes: larger('stream_max_object_wire_bytes', DEFAULT_LIMITS.maxObjectWireBytes),
    maxCommitPackBytes: larger('stream_max_commit_pack_bytes', DEFAULT_LIMITS.maxCommitPackBytes),
    maxObjectBytes: larger('stream_max_object_bytes', DEFAULT_LIMITS.maxObjectBytes),
    maxSnapshotEntries: larger('snapshot_max_entries', DEFAULT_LIMITS.maxSnapshotEntries),
    maxCommits: larger('stream_max_commits', DEFAULT_LIMITS.maxCommits),
    maxMessageBytes: larger('commit_max_message_bytes', DEFAULT_LIMITS.maxMessageBytes),
    maxDeltaBytes: larger('commit_max_delta_bytes', DEFAULT_LIMITS.maxDeltaBytes),
  };
}
