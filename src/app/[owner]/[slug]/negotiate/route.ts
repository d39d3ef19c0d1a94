import { getContainer } from '~/server/container';
import { handleNegotiate } from '~/server/http/negotiate-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** Which commits both sides know (docs/protocol.md §4). */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  return handleNegotiate(request, await params, getContainer().fetch);
}
