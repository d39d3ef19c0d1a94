import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { nextAuthOptions } from '~/server/auth/next-auth-options';
import { getContainer } from '~/server/container';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ nextauth: string[] }> };

/** Signing in and out of the browser. */
function handle(request: NextRequest, context: Context): Promise<Response> {
  return NextAuth(request, context, nextAuthOptions(getContainer().api));
}

export { handle as GET, handle as POST };
