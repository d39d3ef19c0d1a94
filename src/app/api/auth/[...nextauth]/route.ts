import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { credentialUse } from '~/server/auth/credential-use';
import { leaveByPage } from '~/server/auth/leave-by-page';
import { nextAuthOptions } from '~/server/auth/next-auth-options';
import { getContainer } from '~/server/container';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ nextauth: string[] }> };

/** Signing in and out of the browser. */
async function handle(request: NextRequest, context: Context): Promise<Response> {
  const { api: deps } = getContainer();
  const { headers } = request;
  const from = { cookie: headers.get('cookie'), use: credentialUse(headers) };
  const answer = await NextAuth(request, context, nextAuthOptions(deps, from));
  return leaveByPage(answer, deps.url);
}

export { handle as GET, handle as POST };
