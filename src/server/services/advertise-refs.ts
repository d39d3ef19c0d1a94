import type { Refs } from '~/wire/fetch-messages';
import * as wireLimits from '~/wire/limits';
import type { FetchStore } from '../ports/fetch-store';
import type { OpenRepository } from './open-repository';

/** The branch that clients make first; it becomes the default by the first push, if at all. */
const DEFAULT_BRANCH = 'main';

/** What this hub can do beyond the routes that every version has. */
export const CAPABILITIES: readonly string[] = [
  'push-stream',
  'push-outcome',
  'fetch-stream',
  'fetch-objects',
  'fetch-depth',
  'negotiate',
  'tags',
  'releases',
  'snapshot-delta',
  'encoding-raw',
  'encoding-zlib',
  'encoding-zstd',
];

/**
 * Describes a repository to a client that is about to push or fetch (docs/protocol.md §4). Limits
 * have the names of §7 in lowercase, with their units.
 */
export async function advertiseRefs(
  { entry }: OpenRepository,
  deps: { store: Pick<FetchStore, 'branchHeads'>; limits: wireLimits.Limits },
): Promise<Refs> {
  const heads = await deps.store.branchHeads(entry.id);
  return {
    // What the first pushed commit names, so that clones stay the same repository to Muse.
    repoId: entry.museRepoId || entry.id,
    domain: entry.domain,
    defaultBranch: entry.defaultBranch ?? DEFAULT_BRANCH,
    branchHeads: Object.fromEntries(Object.entries(heads).sort(([a], [b]) => (a < b ? -1 : 1))),
    idFormat: entry.idFormat,
    capabilities: [...CAPABILITIES],
    limits: advertisedLimits(deps.limits),
  };
}

/** The constant of `wire/limits` that an operator's setting replaces. */
const SETTABLE: Record<keyof wireLimits.Limits, string> = {
  maxObjects: 'stream_max_objects',
  maxCommits: 'stream_max_commits',
  maxObjectWireBytes: 'stream_max_object_wire_bytes',
  maxObjectBytes: 'stream_max_object_bytes',
  maxCommitPackBytes: 'stream_max_commit_pack_bytes',
  maxSnapshotEntries: 'snapshot_max_entries',
  maxMessageBytes: 'commit_max_message_bytes',
  maxDeltaBytes: 'commit_max_delta_bytes',
  maxFetchIds: 'fetch_max_ids',
  pushMaxWallMs: 'push_max_wall_ms',
  pushMinBytesPerSecond: 'push_min_bytes_per_second',
  pushRateWindowMs: 'push_rate_window_ms',
  pushesPerToken: 'pushes_per_token',
  pushesPerProcess: 'pushes_per_process',
};

/** Every limit of the protocol by the name of its constant, as it is in force. */
function advertisedLimits(limits: wireLimits.Limits): Record<string, number> {
  const advertised: Record<string, number> = {};
  for (const [name, value] of Object.entries(wireLimits)) {
    if (typeof value === 'number' && name !== 'STREAM_VERSION') {
      advertised[name.toLowerCase()] = value;
    }
  }
  for (const [key, name] of Object.entries(SETTABLE)) {
    advertised[name] = limits[key as keyof wireLimits.Limits];
  }
  return advertised;
}
