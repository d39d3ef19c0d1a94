import { apiDocument } from '../../_components/api-document';

export const dynamic = 'force-dynamic';

/** The OpenAPI 3.1 document of this hub; anyone may read it, from any page. */
export function GET(): Response {
  return Response.json(apiDocument(), {
    headers: { 'cache-control': 'no-cache', 'access-control-allow-origin': '*' },
  });
}
