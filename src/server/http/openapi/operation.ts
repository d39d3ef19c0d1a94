import type { z } from 'zod';
import type { ErrorCode } from '~/wire/errors';

/** One operation of the HTTP surface, as the document of the API tells it. */
export interface Operation {
  method: 'get' | 'post' | 'delete';
  /** As callers write it: `/{owner}/{slug}/refs`. */
  path: string;
  /** The folder of its `route.ts` below src/app, where that differs from the path. */
  route?: string;
  id: string;
  group: string;
  summary: string;
  /** `required`: nobody may ask without a token; `optional`: it opens what is private. */
  auth: 'none' | 'optional' | 'required';
  query?: Record<string, string>;
  /** What the segments in braces are, beyond owner and slug. */
  segments?: Record<string, string>;
  request?: Content;
  answer: { status: number; what: string } & Partial<Content>;
  errors: ErrorCode[];
}

/** A body: its media types, and its shape where it is structured. */
export interface Content {
  types: string[];
  shape?: z.ZodType;
}
