import { getContainer } from '~/server/container';
import { handleRevokeToken } from '~/server/http/token-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ id: string }> };

/** Ends one of the caller's access tokens (docs/protocol.md §4). */
export async function DELETE(request: Request, { params }: Context): Promise<Response> {
  return handleRevokeToken(request, await params, getContainer().api);
}
