import { z } from 'zod';

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 holds it. */
export type Schema = Record<string, unknown>;

/**
 * What a shape is as a schema: what is written on the wire, before a shape makes anything else of
 * it. Definitions that it refers to are put into `components`, since references in an OpenAPI
 * document are of the whole document.
 */
export function schemaOf(shape: z.ZodType, name: string, components: Map<string, Schema>): Schema {
  const made = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as Schema;
  const { $schema: _, $defs = {}, ...schema } = made;
  const place = (key: string) => `${name}_${key.replaceAll(/\W/g, '')}`;
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        key === '$ref' && typeof item === 'string' ? movedRef(item) : moved(item),
      ]),
    );
  };
  const movedRef = (ref: string) =>
    `#/components/schemas/${ref === '#' ? place('root') : place(ref.replace('#/$defs/', ''))}`;
  for (const [key, definition] of Object.entries($defs as Record<string, Schema>)) {
    components.set(place(key), moved(definition) as Schema);
  }
  const result = moved(schema) as Schema;
  if (JSON.stringify(made).includes('"$ref":"#"')) components.set(place('root'), result);
  return result;
}
