/** A JSON Schema as people read it: a few lines like a type of TypeScript. */

type Schema = Record<string, unknown>;

const INDENT = '  ';
const DEPTH_MAX = 6;

/** The schema of a body; `''` when anything may stand there. */
export function schemaText(schema: Schema | undefined): string {
  return schema && Object.keys(schema).length > 0 ? typeText(schema, 0) : '';
}

function typeText(schema: Schema, depth: number): string {
  if (depth > DEPTH_MAX) return '…';
  if (typeof schema.$ref === 'string') return schema.$ref.split('/').at(-1) ?? '';
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return enumText(schema.enum);
  const variants = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (variants) return variants.map((variant) => typeText(variant, depth)).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  if (schema.type === 'array') return `[${typeText((schema.items as Schema) ?? {}, depth)}]`;
  if (schema.type === 'object') return objectText(schema, depth);
  return typeof schema.type === 'string' ? schema.type : 'anything';
}

/** Long lists of words are named by their number. */
function enumText(words: unknown[]): string {
  if (words.length > 12) return `one of ${words.length} words`;
  return words.map((word) => JSON.stringify(word)).join(' | ');
}

function objectText(schema: Schema, depth: number): string {
  const properties = Object.entries((schema.properties as Record<string, Schema>) ?? {});
  const rest = schema.additionalProperties;
  const pad = INDENT.repeat(depth + 1);
  const required = new Set((schema.required as string[]) ?? []);
  const lines = properties.map(([name, value]) => {
    const says = typeof value.description === 'string' ? `  // ${value.description}` : '';
    const mark = required.has(name) ? '' : '?';
    return `${pad}${name}${mark}: ${typeText(value, depth + 1)}${says}`;
  });
  if (typeof rest === 'object' && rest !== null) {
    if (lines.length === 0) return `{ name: ${typeText(rest as Schema, depth + 1)} }`;
    lines.push(`${pad}…: ${typeText(rest as Schema, depth + 1)}`);
  }
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${INDENT.repeat(depth)}}`;
}
