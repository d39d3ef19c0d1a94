import { Refusal } from '~/wire/errors';
import { type ExportForm, exportPushes } from '../services/export-pushes';
import { readPushFilter } from '../services/push-filter';
import { openForPage, type PageAccessDeps } from './page-access';
import type { RepositoryParams } from './read-access';
import { errorResponse, requestIdOf } from './respond';
import { streamedBody } from './streamed-body';

const MEDIA_TYPES: Record<ExportForm, string> = {
  jsonl: 'application/jsonl; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/**
 * `GET …/pushes/export?format=jsonl|csv`: the push history as a file, with the filters of its page.
 * It is made while it is sent; one that breaks off ends with a broken connection.
 */
export async function handlePushExport(
  request: Request,
  params: RepositoryParams,
  deps: PageAccessDeps,
): Promise<Response> {
  try {
    const repo = await openForPage(request, params, deps);
    const search = new URL(request.url).searchParams;
    const form = search.get('format') ?? 'jsonl';
    if (form !== 'jsonl' && form !== 'csv') {
      const message = 'Pushes are given as jsonl or csv; choose one of these as "format".';
      throw new Refusal('bad-frame', { field: 'format' }, message);
    }
    const filter = readPushFilter((name) => search.get(name));
    const requestId = requestIdOf(request);
    const body = await streamedBody(exportPushes(repo, filter, form, deps), new AbortController(), {
      log: deps.log,
      fields: { requestId },
    });
    return new Response(body, {
      headers: {
        'content-type': MEDIA_TYPES[form],
        'content-disposition': `attachment; filename="pushes.${form}"`,
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'no-store',
        vary: 'Authorization, Cookie',
        'x-request-id': requestId,
      },
    });
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}
