import { z } from 'zod';
import { parseId } from '~/muse/ids';

/** An id given by a caller, in either text form; bare inside. */
export const idIn = z.string().transform((text, context) => {
  const id = parseId(text)?.id;
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: 'must be 64 hex digits, with sha256: or without' });
  return z.NEVER;
});

/** An id given to a caller: always the prefixed form (docs/protocol.md §1). */
export const idOut = z.string().transform((id) => `sha256:${id}`);

/** How many items of a list a caller may ask for. */
export const limitIn = (most: number, standard: number) =>
  z.number().int().min(1).max(most).default(standard);

export const branchIn = z.string().min(1).max(255);
