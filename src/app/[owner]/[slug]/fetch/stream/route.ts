import { getContainer } from '~/server/container';
import { handleFetchStream } from '~/server/http/fetch-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** History and objects as frames (docs/protocol.md §4). */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  return handleFetchStream(request, await params, getContainer().fetch);
}
