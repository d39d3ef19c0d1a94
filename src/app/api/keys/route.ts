import { getContainer } from '~/server/container';
import { handleAddKey, handleListKeys } from '~/server/http/key-handler';

export const dynamic = 'force-dynamic';

/** The caller's signing keys (docs/protocol.md §4). */
export function GET(request: Request): Promise<Response> {
  return handleListKeys(request, getContainer().api);
}

/** Registers one. */
export function POST(request: Request): Promise<Response> {
  return handleAddKey(request, getContainer().api);
}
