import { getContainer } from '~/server/container';
import { handleWhoami } from '~/server/http/account-handler';

export const dynamic = 'force-dynamic';

/** Whose token this is (docs/protocol.md §4). */
export function GET(request: Request): Promise<Response> {
  return handleWhoami(request, getContainer().api);
}
