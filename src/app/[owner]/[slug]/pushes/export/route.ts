import { getContainer } from '~/server/container';
import { handlePushExport } from '~/server/http/push-export-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

/** The push history as a file. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handlePushExport(request, await params, getContainer().api);
}
