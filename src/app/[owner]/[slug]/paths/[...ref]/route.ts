import { getContainer } from '~/server/container';
import { handlePaths } from '~/server/http/paths-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string; ref: string[] }> };

/** The paths of a ref's files. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handlePaths(request, await params, getContainer().api);
}

export const HEAD = GET;
