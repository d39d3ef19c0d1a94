import { getContainer } from '~/server/container';
import { handlePushOutcome } from '~/server/http/push-outcome-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string; pushId: string }> };

/** What became of a push (docs/protocol.md §3). */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handlePushOutcome(request, await params, getContainer().fetch);
}
