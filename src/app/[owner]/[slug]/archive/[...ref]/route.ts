import { getContainer } from '~/server/container';
import { handleArchive } from '~/server/http/archive-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string; ref: string[] }> };

/** The files of a ref as an archive. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  const { api, fetch } = getContainer();
  const deps = { ...api, slots: fetch.slots, closing: fetch.closing };
  return handleArchive(request, await params, deps);
}

export const HEAD = GET;
