import { getContainer } from '~/server/container';
import { handleObject } from '~/server/http/object-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ id: string }> };

/** An object of any repository that its reader may read (docs/protocol.md §4). */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handleObject(request, await params, getContainer().fetch);
}

export const HEAD = GET;
