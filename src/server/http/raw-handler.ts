import { Refusal } from '~/wire/errors';
import { browseTree } from '../services/browse-tree';
import { findObject } from '../services/read-object';
import { resolveRef } from '../services/resolve-ref';
import { isShownText, mediaOf } from '../services/show-file';
import { serveObject } from './object-handler';
import { openForPage, type PageAccessDeps } from './page-access';
import type { RepositoryParams } from './read-access';
import { errorResponse } from './respond';
import { attachment, type Shown } from './shown-bytes';

/**
 * `GET …/raw/{ref}/{path…}`: a file's bytes as they are. Only pictures, sounds and text are shown,
 * and text only as text; everything else, and whatever is valid in two active formats, is a
 * download. Without scripts, without styles, in a sandbox.
 */
export async function handleRaw(
  request: Request,
  params: RepositoryParams & { path: string[] },
  deps: PageAccessDeps,
): Promise<Response> {
  try {
    const repo = await openForPage(request, params, deps);
    const ref = await resolveRef(repo, params.path, deps);
    const found = await browseTree(repo, ref.commitId, ref.path, deps);
    if (found.kind !== 'file') {
      throw new Refusal('object-not-found', {}, 'There is a folder here, not a file.');
    }
    const { name, file } = found;
    const object = await findObject(repo, file.id, deps.records);
    const shown = shownAs(name, file.polyglot, ref.kind === 'commit');
    return await serveObject(object, request, deps, shown);
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}

/** What a browser may do with a file of this name. */
export function shownAs(name: string, polyglot: string, immutable: boolean): Shown {
  const download = (mediaType: string): Shown => ({
    mediaType,
    disposition: attachment(name),
    immutable,
  });
  if (polyglot !== '') return download('application/octet-stream');
  const media = mediaOf(name);
  if (media) return { mediaType: media.mediaType, disposition: 'inline', immutable };
  return isShownText(name)
    ? { mediaType: 'text/plain; charset=utf-8', disposition: 'inline', immutable }
    : download('application/octet-stream');
}
