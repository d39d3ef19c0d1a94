import { getContainer } from '~/server/container';
import { handleCreateToken, handleListTokens } from '~/server/http/token-handler';

export const dynamic = 'force-dynamic';

/** The caller's access tokens (docs/protocol.md §4). */
export function GET(request: Request): Promise<Response> {
  return handleListTokens(request, getContainer().api);
}

/** A new one; its text is told once. */
export function POST(request: Request): Promise<Response> {
  return handleCreateToken(request, getContainer().api);
}
