import { inflateSync } from 'node:zlib';
import { decode } from '@msgpack/msgpack';
import { decompress } from 'fzstd';
import { type Id, objectIdOf, parseId } from '~/muse/ids';
import { snapshotIdOf } from '~/muse/snapshot';
import { isViolation } from '~/wire/errors';
import { decodeFetchFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import type { ErrorFrame, FetchFrame, FetchHeaderFrame } from '~/wire/frames';
import { DEFAULT_LIMITS } from '~/wire/limits';

/** What a fetch brought, put together again and checked against every id. */
export interface Fetched {
  commits: Map<Id, Uint8Array>;
  /** Parents before children, or not. */
  commitOrder: Id[];
  snapshots: Map<Id, Map<string, Id>>;
  objects: Map<Id, Uint8Array>;
}

export interface FetchedStream extends Fetched {
  frames: FetchFrame[];
  header: FetchHeaderFrame | null;
  /** The frame that ended it. */
  ending: 'E' | 'X' | null;
  error: ErrorFrame | null;
  deltas: number;
  whole: number;
}

const bare = (text: unknown): Id => {
  const id = parseId(text);
  if (!id) throw new Error(`not an id: ${String(text)}`);
  return id.id;
};

/** The frames of a stream; throws on anything malformed or cut off. */
export function framesOf(bytes: Uint8Array): FetchFrame[] {
  const scanner = new FrameScanner(DEFAULT_LIMITS, { peer: 'hub' });
  const frames: FetchFrame[] = [];
  scanner.push(bytes);
  for (let value = scanner.next(); value !== null; value = scanner.next()) {
    if (isViolation(value)) throw new Error(`${value.code}: ${value.message}`);
    const frame = decodeFetchFrame(value, DEFAULT_LIMITS);
    if (isViolation(frame)) throw new Error(`${frame.code}: ${frame.message}`);
    frames.push(frame);
  }
  const cut = scanner.end();
  if (cut) throw new Error(`${cut.code}: ${cut.message}`);
  return frames;
}

/**
 * Puts a `fetch/stream` answer together. Deltas build on snapshots before them, or on `known` ones;
 * every object and snapshot must hash to its id.
 */
export function readStream(
  bytes: Uint8Array,
  known: Map<Id, Map<string, Id>> = new Map(),
): FetchedStream {
  const frames = framesOf(bytes);
  const got: FetchedStream = {
    frames,
    header: null,
    ending: null,
    error: null,
    commits: new Map(),
    commitOrder: [],
    snapshots: new Map(),
    objects: new Map(),
    deltas: 0,
    whole: 0,
  };
  let chunks: { id: Id; parts: Uint8Array[] } | null = null;
  for (const frame of frames) {
    if (got.ending) throw new Error(`a frame ${frame.type} after the ending`);
    if (chunks && frame.type !== 'OC' && frame.type !== 'X')
      throw new Error('an object in parts was left');
    switch (frame.type) {
      case 'H':
        got.header = frame;
        break;
      case 'O':
        keepObject(got, frame.id, frame.size, frame.encoding, frame.data);
        break;
      case 'OC':
        chunks ??= { id: frame.id, parts: [] };
        if (chunks.id !== frame.id || chunks.parts.length !== frame.seq)
          throw new Error('chunks out of order');
        chunks.parts.push(frame.data);
        if (frame.last) {
          keepObject(got, frame.id, frame.size, frame.encoding, Buffer.concat(chunks.parts));
          chunks = null;
        }
        break;
      case 'C':
        for (const { id, manifest } of frame.snapshots) {
          keepSnapshot(got, id, new Map(manifest));
          got.whole++;
        }
        for (const { id, parentId, add, remove } of frame.snapshotDeltas) {
          const base = got.snapshots.get(parentId) ?? known.get(parentId);
          if (!base) throw new Error(`the delta of ${id} has no base`);
          const manifest = new Map(base);
          for (const path of remove)
            if (!manifest.delete(path)) throw new Error(`no ${path} to remove`);
          for (const [path, objectId] of add) manifest.set(path, objectId);
          keepSnapshot(got, id, manifest);
          got.deltas++;
        }
        for (const { commit, raw } of frame.commits) {
          got.commits.set(commit.id, Buffer.from(raw));
          got.commitOrder.push(commit.id);
        }
        break;
      case 'E':
        got.ending = 'E';
        if (frame.objectCount !== got.objects.size || frame.commitCount !== got.commits.size) {
          throw new Error('END does not say what was sent');
        }
        break;
      case 'X':
        got.ending = 'X';
        got.error = frame;
    }
  }
  return got;
}

function keepObject(got: Fetched, id: Id, size: number, encoding: string, data: Uint8Array): void {
  const content =
    encoding === 'zlib' ? inflateSync(data) : encoding === 'zstd' ? decompress(data) : data;
  if (objectIdOf(content) !== id) throw new Error(`object ${id} has other bytes`);
  if (content.byteLength !== size) throw new Error(`object ${id} has another size`);
  if (got.objects.has(id)) throw new Error(`object ${id} came twice`);
  got.objects.set(id, Buffer.from(content));
}

function keepSnapshot(got: Fetched, id: Id, manifest: Map<string, Id>): void {
  if (snapshotIdOf(manifest) !== id) throw new Error(`snapshot ${id} has other files`);
  if (got.snapshots.has(id)) throw new Error(`snapshot ${id} came twice`);
  got.snapshots.set(id, manifest);
}

interface Bundle {
  commits: Record<string, unknown>[];
  snapshots: Record<string, unknown>[];
  objects: { object_id: string; content: Uint8Array | string }[];
  branch_heads: Record<string, string>;
}

/** The answer of `fetch`, as its fields; throws when it is cut off or malformed. */
export function bundleOf(bytes: Uint8Array, form: 'msgpack' | 'json'): Bundle {
  const value = form === 'json' ? JSON.parse(Buffer.from(bytes).toString()) : decode(bytes);
  return value as Bundle;
}

/** Puts a `fetch` answer together and checks every id. */
export function readBundle(bytes: Uint8Array, form: 'msgpack' | 'json' = 'msgpack'): Fetched {
  const bundle = bundleOf(bytes, form);
  const got: Fetched = {
    commits: new Map(),
    commitOrder: [],
    snapshots: new Map(),
    objects: new Map(),
  };
  for (const commit of bundle.commits) {
    const id = bare(commit.commit_id);
    got.commits.set(id, new Uint8Array(0));
    got.commitOrder.push(id);
  }
  for (const { snapshot_id, manifest } of bundle.snapshots) {
    const entries = Object.entries(manifest as Record<string, string>);
    keepSnapshot(got, bare(snapshot_id), new Map(entries.map(([path, id]) => [path, bare(id)])));
  }
  for (const { object_id, content } of bundle.objects) {
    const bytesOf = typeof content === 'string' ? Buffer.from(content, 'base64') : content;
    keepObject(got, bare(object_id), bytesOf.byteLength, 'raw', bytesOf);
  }
  return got;
}
