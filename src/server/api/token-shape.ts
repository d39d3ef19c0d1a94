import { z } from 'zod';

/** How access tokens cross the API, one's own and those of one's agents. */

const scope = z.enum(['read', 'write', 'admin']);

export const listedToken = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  repositories: z.array(z.object({ owner: z.string(), slug: z.string() })).nullable(),
  branchPattern: z.string().nullable(),
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
  lastUse: z.object({ atMs: z.number(), address: z.string(), client: z.string() }).nullable(),
  end: z.enum(['far', 'soon', 'past']),
  current: z.boolean(),
});

export const newToken = z.object({
  name: z.string().max(1000),
  scopes: z.array(scope).max(3),
  repositories: z.array(z.string().max(200)).max(1000).nullable().default(null),
  branchPattern: z.string().max(1000).nullable().default(null),
  days: z.number().nullable().default(null),
});

export const createdToken = z.object({
  id: z.string(),
  text: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  repositories: z.array(z.string()).nullable(),
  branchPattern: z.string().nullable(),
  expiresAtMs: z.number(),
});
