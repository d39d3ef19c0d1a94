import { getContainer } from '~/server/container';
import { handleRevokeKey } from '~/server/http/key-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ id: string }> };

/** Takes one of the caller's signing keys back (docs/protocol.md §4). */
export async function DELETE(request: Request, { params }: Context): Promise<Response> {
  return handleRevokeKey(request, await params, getContainer().api);
}
