import { getContainer } from '~/server/container';
import { handleFetchObjects } from '~/server/http/fetch-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** Objects by their ids, as frames (docs/protocol.md §4). */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  return handleFetchObjects(request, await params, getContainer().fetch);
}
