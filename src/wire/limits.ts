/**
 * Every maximum of the wire protocol (docs/protocol.md §7), with its unit in its name. These are
 * the defaults; an operator may set others, and `GET refs` advertises what is in force.
 */

export const STREAM_MIME_TYPE = 'application/x-muse-packstream';
export const MSGPACK_MIME_TYPE = 'application/x-msgpack';
export const STREAM_VERSION = 2;

export const STREAM_MAX_OBJECTS = 1_000_000;
export const STREAM_MAX_COMMITS = 50_000;
/** Bytes of one OBJECT or OBJECT_CHUNK frame on the wire. */
export const STREAM_MAX_OBJECT_WIRE_BYTES = 38_000_000;
/** Decoded bytes of one object, over all its chunks. */
export const STREAM_MAX_OBJECT_BYTES = 2 * 1024 ** 3;
/** Objects of the first segments of a push, which grow after them; the figure is the mission's. */
export const STREAM_OBJECT_BATCH_SIZE = 64;
/** Bytes per segment put. */
export const STREAM_OBJECT_BATCH_BYTES = 8 * 1024 ** 2;
/** Segment puts in flight; the figure is the mission's. */
export const STREAM_MAX_PUTS_IN_FLIGHT = 100;
export const STREAM_MAX_BYTES_IN_FLIGHT = 64 * 1024 ** 2;
/** Bytes of one COMMIT_PACK frame on the wire. */
export const STREAM_MAX_COMMIT_PACK_BYTES = 32 * 1024 ** 2;
/** Bytes of any other frame on the wire. */
export const STREAM_MAX_CONTROL_FRAME_BYTES = 64 * 1024;
export const STREAM_MAX_DEPTH = 16;
/** Levels of nesting inside a commit's `structured_delta`. */
export const STREAM_MAX_DELTA_DEPTH = 32;
/**
 * Entries of the maps of a frame that are open at one time: what is remembered to find a key that
 * comes twice. Never less than twice the entries a snapshot may have.
 */
export const STREAM_MAX_MAP_ENTRIES = 200_000;
export const SNAPSHOT_MAX_ENTRIES = 100_000;
/** Directories of one snapshot: long paths of short segments would else cost one for every two bytes. */
export const SNAPSHOT_MAX_DIRECTORIES = 200_000;
/** Bytes that the id of one snapshot is the hash of. */
export const SNAPSHOT_MAX_TEXT_BYTES = 64 * 1024 ** 2;
export const COMMIT_MAX_MESSAGE_BYTES = 64 * 1024;
export const COMMIT_MAX_DELTA_BYTES = 4 * 1024 ** 2;
/** Items of `breaking_changes` and of `reviewed_by`. */
export const COMMIT_MAX_LIST_ITEMS = 100_000;
export const FETCH_MAX_IDS = 10_000;
export const NEGOTIATE_MAX_IDS = 256;
/** Answers of `fetch`, `fetch/stream` and `fetch/objects` under way in one process. */
export const FETCHES_PER_PROCESS = 64;
/** … of one address, or of the network of an IPv6 one. */
export const FETCHES_PER_ADDRESS = 32;
export const PATH_MAX_BYTES = 4_096;
export const PATH_SEGMENT_MAX_BYTES = 255;
export const BRANCH_NAME_MAX_BYTES = 255;
export const TAG_NAME_MAX_BYTES = 255;
/** Tags of one request. */
export const TAGS_PER_REQUEST = 10_000;
/** Bytes of one request that makes a release. */
export const RELEASE_MAX_BODY_BYTES = 1024 ** 2;
/** Bytes of one request that puts tags. */
export const TAGS_MAX_BODY_BYTES = 8 * 1024 ** 2;
/** An encoding may expand by this factor after its first MiB. */
export const DECODE_MAX_RATIO = 200;
export const DECODE_RATIO_FREE_BYTES = 1024 ** 2;
/** Window that a zstd frame may ask the decoder to keep. */
export const ZSTD_MAX_WINDOW_BYTES = 8 * 1024 ** 2;
export const PUSH_MAX_WALL_MS = 6 * 60 * 60 * 1000;
export const PUSH_MIN_BYTES_PER_SECOND = 1024;
export const PUSH_RATE_WINDOW_MS = 60_000;
export const PUSHES_PER_TOKEN = 4;
export const PUSHES_PER_PROCESS = 32;
export const PROGRESS_FIRST_MS = 1_000;
export const PROGRESS_MIN_INTERVAL_MS = 250;
export const PROGRESS_MAX_SILENCE_MS = 5_000;
/** Bytes of PROGRESS written before END, in all. */
export const PROGRESS_MAX_BYTES_BEFORE_END = 64 * 1024;
/** What is read of a refused request so that its sender can read the answer. */
export const DRAIN_MAX_BYTES = 256 * 1024 ** 2;
export const DRAIN_MAX_MS = 30_000;

/** The limits an operator may set; what a request is measured against. */
export interface Limits {
  maxObjects: number;
  maxCommits: number;
  maxObjectWireBytes: number;
  maxObjectBytes: number;
  maxCommitPackBytes: number;
  maxSnapshotEntries: number;
  maxMessageBytes: number;
  maxDeltaBytes: number;
  maxFetchIds: number;
  pushMaxWallMs: number;
  pushMinBytesPerSecond: number;
  pushRateWindowMs: number;
  pushesPerToken: number;
  pushesPerProcess: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze({
  maxObjects: STREAM_MAX_OBJECTS,
  maxCommits: STREAM_MAX_COMMITS,
  maxObjectWireBytes: STREAM_MAX_OBJECT_WIRE_BYTES,
  maxObjectBytes: STREAM_MAX_OBJECT_BYTES,
  maxCommitPackBytes: STREAM_MAX_COMMIT_PACK_BYTES,
  maxSnapshotEntries: SNAPSHOT_MAX_ENTRIES,
  maxMessageBytes: COMMIT_MAX_MESSAGE_BYTES,
  maxDeltaBytes: COMMIT_MAX_DELTA_BYTES,
  maxFetchIds: FETCH_MAX_IDS,
  pushMaxWallMs: PUSH_MAX_WALL_MS,
  pushMinBytesPerSecond: PUSH_MIN_BYTES_PER_SECOND,
  pushRateWindowMs: PUSH_RATE_WINDOW_MS,
  pushesPerToken: PUSHES_PER_TOKEN,
  pushesPerProcess: PUSHES_PER_PROCESS,
});
