import { handleRetired } from '~/server/http/retired-handler';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string }> };

async function answer(request: Request, { params }: Context): Promise<Response> {
  return handleRetired(request, await params);
}

export {
  answer as DELETE,
  answer as GET,
  answer as HEAD,
  answer as OPTIONS,
  answer as PATCH,
  answer as POST,
  answer as PUT,
};
