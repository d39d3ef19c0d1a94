import { z } from 'zod';
import { REASON_MAX_CHARS } from '~/server/services/expect-hub-admin';

/** A key of lists that are read by time and id. */
export const timeKey = z.object({ atMs: z.number().int().min(0).max(8.64e15), id: z.uuid() });

export const before = timeKey.nullable().default(null);

/** A handle to narrow a list by. */
export const handleIn = z.string().trim().min(1).max(40).nullable().default(null);

/** Why; the services refuse an empty one with a sentence. */
export const reasonIn = z.string().max(REASON_MAX_CHARS * 2);

export const done = z.object({ done: z.literal(true) });
export const DONE = { done: true } as const;

export const kindShape = z.enum(['human', 'agent']);
export const scopeShape = z.enum(['read', 'write', 'admin']);
export const repositoryShape = z.object({ owner: z.string(), slug: z.string() });
