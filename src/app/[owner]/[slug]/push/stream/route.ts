import { getContainer } from '~/server/container';
import { handlePush } from '~/server/http/push-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** The push (docs/protocol.md §3). */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  return handlePush(request, await params, getContainer().push);
}
