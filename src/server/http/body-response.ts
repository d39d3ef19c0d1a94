import type { BodyForm } from '~/wire/fetch-answer';
import { mediaTypeOfForm } from './accept';
import { requestIdOf } from './respond';

/** A small answer in the form that was asked for. */
export function bodyResponse(
  body: Uint8Array,
  form: BodyForm,
  request: Request,
  status = 200,
): Response {
  return new Response(body as BodyInit, {
    status,
    headers: {
      'content-type': mediaTypeOfForm(form),
      'cache-control': 'no-store',
      vary: 'Accept, Authorization',
      'x-request-id': requestIdOf(request),
    },
  });
}
