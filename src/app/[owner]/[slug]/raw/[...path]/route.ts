import { getContainer } from '~/server/container';
import { handleRaw } from '~/server/http/raw-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string; path: string[] }> };

/** A file's bytes as they are. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handleRaw(request, await params, getContainer().api);
}

export const HEAD = GET;
