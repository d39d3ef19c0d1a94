import { getContainer } from '~/server/container';
import { handleDeleteRelease, handleReadRelease } from '~/server/http/releases-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string; tag: string }> };

/** One release for programs (docs/protocol.md §4). */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return handleReadRelease(request, await params, getContainer().releases);
}

export async function DELETE(request: Request, { params }: Context): Promise<Response> {
  return handleDeleteRelease(request, await params, getContainer().releases);
}
