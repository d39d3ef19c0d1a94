import { getContainer } from '~/server/container';
import { handlePollDevice } from '~/server/http/device-handler';

export const dynamic = 'force-dynamic';

/** How far it is; its token, once (docs/protocol.md §4). */
export function POST(request: Request): Promise<Response> {
  return handlePollDevice(request, getContainer().api);
}
