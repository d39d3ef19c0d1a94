import { getContainer } from '~/server/container';
import { handleListTags, handlePutTags } from '~/server/http/tags-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** The tags' route for programs (docs/protocol.md §4); at its address browsers get a page. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handleListTags(request, await params, getContainer().tags);
}

export async function POST(request: Request, { params }: Context): Promise<Response> {
  return handlePutTags(request, await params, getContainer().tags);
}
