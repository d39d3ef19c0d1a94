import { getContainer } from '~/server/container';
import { handleObject } from '~/server/http/object-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string; id: string }> };

/** An object of this repository (docs/protocol.md §4). */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handleObject(request, await params, getContainer().fetch);
}

export const HEAD = GET;
