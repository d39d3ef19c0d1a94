import type { z } from 'zod';
import { appRouter } from './root';

/** A procedure with the shapes it checks by. */
export interface Procedure {
  name: string;
  type: 'query' | 'mutation' | 'subscription';
  inputs: z.ZodType[];
  /** null: a subscription, which answers with events. */
  output: z.ZodType | null;
}

interface Definition {
  _def: { type: Procedure['type']; inputs: z.ZodType[]; output?: z.ZodType };
}

/** Every procedure of the API, for the document of it. */
export function listProcedures(): Procedure[] {
  const procedures = Object.entries(appRouter._def.procedures) as unknown as [string, Definition][];
  return procedures
    .map(([name, { _def }]) => ({
      name,
      ...{ type: _def.type, inputs: _def.inputs, output: _def.output ?? null },
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
