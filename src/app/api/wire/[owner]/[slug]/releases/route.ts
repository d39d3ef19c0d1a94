import { getContainer } from '~/server/container';
import { handleCreateRelease, handleListReleases } from '~/server/http/releases-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** The releases' route for programs (docs/protocol.md §4); at its address browsers get a page. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handleListReleases(request, await params, getContainer().releases);
}

export async function POST(request: Request, { params }: Context): Promise<Response> {
  return handleCreateRelease(request, await params, getContainer().releases);
}
