import { getContainer } from '~/server/container';
import { handleRefs } from '~/server/http/refs-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** Branch heads and limits (docs/protocol.md §4). */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handleRefs(request, await params, getContainer().fetch);
}
