import { Refusal } from '~/wire/errors';
import { drainBody } from './body';
import { lingering } from './lingering';
import { refusalResponse } from './respond';

/**
 * The push endpoints of the protocol's first version (docs/protocol.md): gone, whatever the method
 * and whether or not there is such a repository. The body names the route that took their place.
 */
export function handleRetired(
  request: Request,
  { owner, slug }: { owner: string; slug: string },
): Promise<Response> {
  const path = [owner, slug].map(encodeURIComponent).join('/');
  const route = `POST /${path}/push/stream`;
  const message = `This route of wire protocol version 1 is gone; push with ${route} (version 2).`;
  const detail = { route, version: 2 };
  const refusal = new Refusal('unsupported-version', detail, message);
  const answer = refusalResponse(refusal, request, { fallback: 'json' });
  const gone = new Response(answer.body, { status: 410, headers: answer.headers });
  return lingering(gone, () => drainBody(request));
}
