import { getContainer } from '~/server/container';
import { handleFetch } from '~/server/http/fetch-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** History and objects as one map (docs/protocol.md §4). */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  return handleFetch(request, await params, getContainer().fetch);
}
