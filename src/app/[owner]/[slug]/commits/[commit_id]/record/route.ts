import { getContainer } from '~/server/container';
import { handleRecord } from '~/server/http/record-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string; commit_id: string }> };

/** A commit's record as it was pushed. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handleRecord(request, await params, getContainer().api);
}
