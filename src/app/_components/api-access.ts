import { TRPCError } from '@trpc/server';
import { redirect } from 'next/navigation';

/**
 * What the API answers for a page of one's own settings: whoever is not signed in is sent to sign
 * in first and comes back to `address`; what a narrow token may not see is said in a sentence.
 */
export async function ownAnswer<T>(
  answer: Promise<T>,
  address: string,
): Promise<{ answer: T } | { refusal: string }> {
  try {
    return { answer: await answer };
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    if (error.code === 'UNAUTHORIZED') {
      redirect(`/login?${new URLSearchParams({ callbackUrl: address })}`);
    }
    if (error.code === 'FORBIDDEN') return { refusal: error.message };
    throw error;
  }
}
