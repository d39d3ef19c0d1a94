import { getContainer } from '~/server/container';
import { handleRevokeLeakedToken } from '~/server/http/token-handler';

export const dynamic = 'force-dynamic';

/** Ends the access token that the body holds (docs/protocol.md §4). */
export function POST(request: Request): Promise<Response> {
  return handleRevokeLeakedToken(request, getContainer().api);
}
