import { Refusal } from '~/wire/errors';
import { wholeRef } from '../services/find-files';
import {
  ARCHIVE_FORMS,
  type ArchiveForm,
  archiveName,
  openArchive,
} from '../services/open-archive';
import { type AnswerPlaceDeps, takeAnswerPlace } from './answer-place';
import { openForPage, type PageAccessDeps } from './page-access';
import type { RepositoryParams } from './read-access';
import { errorResponse, requestIdOf } from './respond';
import { attachment, beginBytes } from './shown-bytes';
import { streamedBody } from './streamed-body';

const MEDIA_TYPES: Record<ArchiveForm, string> = {
  'tar.gz': 'application/gzip',
  zip: 'application/zip',
};

/**
 * `GET …/archive/{ref}.tar.gz` and `.zip`: the files of a branch, tag or commit. It is made while it
 * is sent; one that breaks off ends with a broken connection.
 */
export async function handleArchive(
  request: Request,
  params: RepositoryParams & { ref: string[] },
  deps: PageAccessDeps & AnswerPlaceDeps,
): Promise<Response> {
  try {
    const repo = await openForPage(request, params, deps);
    const { segments, form } = archiveIn(params.ref);
    const ref = await wholeRef(repo, segments, deps);
    if (!ref) throw new Refusal('branch-not-found');
    const { headers, unchanged } = beginBytes(request, {
      etag: `"${ref.commitId}.${form}"`,
      isPublic: repo.entry.visibility === 'public',
      immutable: ref.kind === 'commit',
      mediaType: MEDIA_TYPES[form],
      disposition: attachment(`${archiveName(repo, ref)}.${form}`),
    });
    if (unchanged) return unchanged;
    if (request.method === 'HEAD') return new Response(null, { headers });
    const place = takeAnswerPlace(request, deps);
    try {
      const { stop } = place;
      const pieces = place.held(await openArchive(repo, ref, form, deps, stop.signal));
      const fields = { requestId: requestIdOf(request), repo: repo.entry.id };
      return new Response(await streamedBody(pieces, stop, { log: deps.log, fields }), { headers });
    } catch (error) {
      place.leave();
      throw error;
    }
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}

/** The ref and the form in the segments of an address. Throws `object-not-found` for another form. */
function archiveIn(given: string[]): { segments: string[]; form: ArchiveForm } {
  const last = given.at(-1) ?? '';
  for (const form of ARCHIVE_FORMS) {
    const name = last.slice(0, -1 - form.length);
    if (name !== '' && last.endsWith(`.${form}`)) {
      return { segments: [...given.slice(0, -1), name], form };
    }
  }
  const message =
    'Archives end in .tar.gz or .zip; put one of these behind the branch, tag or commit.';
  throw new Refusal('object-not-found', {}, message);
}
