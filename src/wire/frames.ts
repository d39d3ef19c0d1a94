import type { Commit } from '~/muse/commit';
import type { Id, IdFormat } from '~/muse/ids';
import type { ErrorCode, ErrorDetail } from './errors';

/**
 * The frames of the protocol as typed values (docs/protocol.md §2–§4). On the wire keys are
 * snake_case and ids have the repository's text form; here keys are camelCase and ids are bare.
 * `frame-codec` converts, and nothing else does.
 */

export const SFRAME_HEADER = 'H';
export const SFRAME_OBJECT = 'O';
export const SFRAME_OBJECT_CHUNK = 'OC';
export const SFRAME_COMMIT_PACK = 'C';
export const SFRAME_END = 'E';
export const SFRAME_PROGRESS = 'P';
export const SFRAME_ERROR = 'X';
export const SFRAME_RESULT = 'R';

export type Encoding = 'raw' | 'zlib' | 'zstd';

interface Framed {
  /** The text form of the ids in this frame; null when it holds none. Mixed forms never decode. */
  idFormat: IdFormat | null;
  /** Bytes of the frame on the wire. */
  wireBytes: number;
}

export interface HeaderFrame extends Framed {
  type: typeof SFRAME_HEADER;
  version: number;
  /** Chosen by the client; a UUID in lowercase. */
  pushId?: string;
  branch: string;
  /** What the branch shall point at; null deletes it. */
  head: Id | null;
  /** null: the branch must not exist; undefined: not asked. */
  expectedHead?: Id | null;
  force: boolean;
  objectCount: number;
  commitCount: number;
  /** Decoded bytes of all objects. */
  byteCount?: number;
  client?: string;
}

export interface ObjectFrame extends Framed {
  type: typeof SFRAME_OBJECT;
  id: Id;
  /** Decoded bytes. */
  size: number;
  encoding: Encoding;
  data: Uint8Array;
  path?: string;
}

export interface ObjectChunkFrame extends Framed {
  type: typeof SFRAME_OBJECT_CHUNK;
  id: Id;
  seq: number;
  /** Decoded bytes of the whole object. */
  size: number;
  encoding: Encoding;
  data: Uint8Array;
  last: boolean;
}

/** A commit as it came: what is read of it, and the exact bytes that are kept and given back. */
export interface CommitRecord {
  commit: Commit;
  raw: Uint8Array;
}

/** A whole snapshot: its files in any order, and every other key of the record as msgpack bytes. */
export interface SnapshotRecord {
  id: Id;
  manifest: [path: string, objectId: Id][];
  /** A msgpack map of the record's keys other than `snapshot_id` and `manifest`, in their order. */
  extra: Uint8Array;
  /** Non-empty `directories` or `format_version` > 5: the id cannot be recomputed here. */
  laterSchema: boolean;
}

/** A snapshot as the difference from another one, which was sent before it or is stored. */
export interface SnapshotDelta {
  id: Id;
  parentId: Id;
  add: [path: string, objectId: Id][];
  remove: string[];
  /** As in `SnapshotRecord`, without the keys of the delta itself. */
  extra: Uint8Array;
  laterSchema: boolean;
}

export interface CommitPackFrame extends Framed {
  type: typeof SFRAME_COMMIT_PACK;
  commits: CommitRecord[];
  snapshots: SnapshotRecord[];
  snapshotDeltas: SnapshotDelta[];
}

export interface EndFrame extends Framed {
  type: typeof SFRAME_END;
  objectCount: number;
  commitCount: number;
}

/** What a client sends in a push. */
export type PushFrame = HeaderFrame | ObjectFrame | ObjectChunkFrame | CommitPackFrame | EndFrame;

export type PushPhase = 'receiving' | 'checking' | 'storing' | 'applying';

export interface ProgressFrame {
  type: typeof SFRAME_PROGRESS;
  phase: PushPhase;
  objects: number;
  commits: number;
  bytes: number;
}

export interface ErrorFrame {
  type: typeof SFRAME_ERROR;
  code: ErrorCode;
  message: string;
  retryable: boolean;
  pushId?: string;
  detail: ErrorDetail;
}

export type PushKind = 'create' | 'fast-forward' | 'force' | 'delete' | 'noop';

export interface Warning {
  code: string;
  message: string;
  [key: string]: unknown;
}

export interface ResultFrame {
  type: typeof SFRAME_RESULT;
  pushId: string;
  /** Number of this push among the accepted ones of the repository, from 1. */
  seq: number;
  branch: string;
  kind: PushKind;
  oldHead: Id | null;
  newHead: Id | null;
  objectsNew: number;
  objectsReused: number;
  commitsNew: number;
  snapshotsNew: number;
  bytesReceived: number;
  bytesStored: number;
  durationMs: number;
  branchHeads: Record<string, Id>;
  /** Page of the head commit; '' when the branch was deleted. */
  url: string;
  warnings: Warning[];
  /** True when this answers a push id that was accepted before. */
  replayed?: boolean;
}

/** What the server answers to a push. */
export type ReplyFrame = ProgressFrame | ErrorFrame | ResultFrame;

/** Opens the answer of `fetch/stream`. */
export interface FetchHeaderFrame {
  type: typeof SFRAME_HEADER;
  version: number;
  objectCount: number;
  commitCount: number;
  idFormat: IdFormat;
  branchHeads: Record<string, Id>;
}

/** What the server sends in `fetch/stream` and `fetch/objects`. */
export type FetchFrame =
  | FetchHeaderFrame
  | ObjectFrame
  | ObjectChunkFrame
  | CommitPackFrame
  | EndFrame
  | ErrorFrame;

/** A frame as its sender makes it: the codec knows its length and its form of ids. */
export type Outgoing<F> = F extends unknown ? Omit<F, 'wireBytes' | 'idFormat'> : never;

/** What a client makes to push. */
export type OutgoingPushFrame = Outgoing<PushFrame>;

/** What a hub makes to answer a fetch. */
export type OutgoingFetchFrame = FetchHeaderFrame | Outgoing<Exclude<FetchFrame, FetchHeaderFrame>>;
