import { getContainer } from '~/server/container';
import { handleStartDevice } from '~/server/http/device-handler';

export const dynamic = 'force-dynamic';

/** Begins to sign a program in (docs/protocol.md §4). */
export function POST(request: Request): Promise<Response> {
  return handleStartDevice(request, getContainer().api);
}
