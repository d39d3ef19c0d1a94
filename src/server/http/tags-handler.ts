import { isViolation, Refusal } from '~/wire/errors';
import { type Limits, TAGS_MAX_BODY_BYTES } from '~/wire/limits';
import { encodeTags, encodeTagsStored, parseTagsRequest } from '~/wire/tag-messages';
import { listTags } from '../services/list-tags';
import { openRepository } from '../services/open-repository';
import { type PutTagsDeps, putTags } from '../services/put-tags';
import { preferredForm } from './accept';
import { bodyFormOf, drainBody, readBody } from './body';
import { bodyResponse } from './body-response';
import { lingering } from './lingering';
import { readCursor, writeCursor } from './list-cursor';
import {
  openForReading,
  principalOf,
  type ReadAccessDeps,
  type RepositoryParams,
} from './read-access';
import { errorResponse } from './respond';

export interface TagsHandlerDeps extends ReadAccessDeps, PutTagsDeps {
  clock: ReadAccessDeps['clock'] & PutTagsDeps['clock'];
  limits: Limits;
}

/** Tags of one answer of `GET tags`. */
const TAGS_PER_ANSWER = 1_000;

/** `POST /{owner}/{slug}/tags` → `{stored}` (docs/protocol.md §4). */
export async function handlePutTags(
  request: Request,
  { owner, slug }: RepositoryParams,
  deps: TagsHandlerDeps,
): Promise<Response> {
  try {
    const principal = await principalOf(request, deps);
    if (principal.kind === 'anonymous') throw new Refusal('unauthenticated');
    const repo = await openRepository({ owner, slug, scope: 'write', principal }, deps.identities);
    const form = bodyFormOf(request.headers.get('content-type'));
    const body = await readBody(request, TAGS_MAX_BODY_BYTES);
    const asked = parseTagsRequest(body, form, deps.limits);
    if (isViolation(asked)) throw Refusal.from(asked);
    const stored = await putTags(repo, asked, deps);
    const answerForm = preferredForm(request.headers.get('accept'), form);
    return bodyResponse(encodeTagsStored(stored, answerForm), answerForm, request);
  } catch (error) {
    const refused = errorResponse(error, request, { log: deps.log, fallback: 'json' });
    return lingering(refused, () => drainBody(request));
  }
}

/** `GET /{owner}/{slug}/tags` → `{tags, next}`, last made first (docs/protocol.md §4). */
export async function handleListTags(
  request: Request,
  params: RepositoryParams,
  deps: TagsHandlerDeps,
): Promise<Response> {
  try {
    const repo = await openForReading(request, params, deps);
    const search = new URL(request.url).searchParams;
    const query = { after: readCursor(search.get('after')), search: search.get('q') ?? '' };
    const { tags, next } = await listTags(repo, { ...query, limit: TAGS_PER_ANSWER }, deps);
    const form = preferredForm(request.headers.get('accept'), 'json');
    const idFormat = repo.entry.idFormat ?? 'bare';
    const body = encodeTags(tags, next && writeCursor(next), idFormat, form);
    return bodyResponse(body, form, request);
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}
