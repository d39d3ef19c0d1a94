import { getContainer } from '~/server/container';
import { handleCreateRepository } from '~/server/http/account-handler';

export const dynamic = 'force-dynamic';

/** A new repository (docs/protocol.md §4). */
export function POST(request: Request): Promise<Response> {
  return handleCreateRepository(request, getContainer().api);
}
