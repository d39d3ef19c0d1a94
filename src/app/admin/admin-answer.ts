import { TRPCError } from '@trpc/server';
import { found } from '~/trpc/server';

/**
 * What the API answers for a page of the admin area: to those who are no admins there is no such
 * page; what an admin's narrow token may not see is said in a sentence.
 */
export async function adminAnswer<T>(
  answer: Promise<T>,
): Promise<{ answer: T } | { refusal: string }> {
  try {
    return { answer: await found(answer) };
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'FORBIDDEN') return { refusal: error.message };
    throw error;
  }
}
