import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { credentialUse } from '~/server/auth/credential-use';
import { nextAuthOptions } from '~/server/auth/next-auth-options';
import { getContainer } from '~/server/container';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ nextauth: string[] }> };

/** Signing in and out of the browser. */
function handle(request: NextRequest, context: Context): Promise<Response> {
  const use = credentialUse(request.headers);
  return NextAuth(request, context, nextAuthOptions(getContainer().api, use));
}

export { handle as GET, handle as POST };
