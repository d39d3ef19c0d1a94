import { parseId } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type { FetchStore } from '../ports/fetch-store';
import type { ObjectReader } from '../ports/object-storage';
import {
  type FoundObject,
  findObject,
  findObjectAnywhere,
  readContent,
} from '../services/read-object';
import { LENGTH_HEADER } from './content-length';
import { decideRange } from './etag';
import { openForReading, principalOf, type ReadAccessDeps } from './read-access';
import { errorResponse, requestIdOf } from './respond';
import { beginBytes, type Shown } from './shown-bytes';
import { streamedBody } from './streamed-body';

export interface ObjectHandlerDeps extends ReadAccessDeps {
  store: Pick<FetchStore, 'locateObjects' | 'repositoriesHolding'>;
  objects: ObjectReader;
}

/**
 * `GET` and `HEAD /{owner}/{slug}/o/{id}`, and `/o/{id}` without a repository (docs/protocol.md §4):
 * the bytes of an object, only for those who may read a repository that holds it.
 */
export async function handleObject(
  request: Request,
  params: { owner?: string; slug?: string; id: string },
  deps: ObjectHandlerDeps,
): Promise<Response> {
  try {
    return await serveObject(await find(request, params, deps), request, deps);
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}

async function find(
  request: Request,
  { owner, slug, id: text }: { owner?: string; slug?: string; id: string },
  deps: ObjectHandlerDeps,
): Promise<FoundObject> {
  const id = parseId(text)?.id;
  if (owner !== undefined && slug !== undefined) {
    const repo = await openForReading(request, { owner, slug }, deps);
    if (id !== undefined) return findObject(repo, id, deps.store);
  } else {
    const principal = await principalOf(request, deps);
    if (id !== undefined) return findObjectAnywhere(id, principal, deps);
  }
  throw new Refusal('object-not-found', {}, 'An object id is 64 lowercase hex digits.');
}

/** Users' bytes under our own origin: never shown, never run, whatever they look like. */
const DOWNLOADED: Shown = {
  mediaType: 'application/octet-stream',
  disposition: 'attachment',
  immutable: true,
};

/** Answers with an object's bytes: conditional, whole or a range, streamed. */
export async function serveObject(
  object: FoundObject,
  request: Request,
  deps: Pick<ObjectHandlerDeps, 'objects' | 'log'>,
  shown: Shown = DOWNLOADED,
): Promise<Response> {
  const { size } = object.location;
  const etag = `"${object.id}"`;
  const { headers, unchanged } = beginBytes(request, { ...shown, etag, isPublic: object.isPublic });
  if (unchanged) return unchanged;
  headers.set('accept-ranges', 'bytes');

  const range = decideRange(
    request.headers.get('range'),
    request.headers.get('if-range'),
    size,
    etag,
  );
  if (range.kind === 'unsatisfiable') {
    headers.set('content-range', `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const part = range.kind === 'part' ? range : null;
  const length = part ? part.end - part.start : size;
  headers.set(LENGTH_HEADER, String(length));
  if (part) headers.set('content-range', `bytes ${part.start}-${part.end - 1}/${size}`);
  const status = part ? 206 : 200;
  if (request.method === 'HEAD') return new Response(null, { status, headers });

  const stop = new AbortController();
  const pieces = exactly(length, readContent(object, part, deps.objects, stop.signal), object.id);
  const fields = { requestId: requestIdOf(request), repo: object.repoId, object: object.id };
  return new Response(await streamedBody(pieces, stop, { log: deps.log, fields }), {
    status,
    headers,
  });
}

/** Breaks off unless the parts are as long as was announced. */
async function* exactly(
  length: number,
  parts: AsyncIterable<Uint8Array>,
  id: string,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.byteLength;
    if (bytes <= length) yield part;
  }
  if (bytes !== length) throw new Error(`read ${bytes} of ${length} bytes of object ${id}`);
}
