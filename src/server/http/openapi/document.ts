import type { z } from 'zod';
import { ERRORS, type ErrorCode } from '~/wire/errors';
import { MSGPACK_MIME_TYPE, STREAM_MIME_TYPE } from '~/wire/limits';
import { JSON_MIME_TYPE } from '../accept';
import type { Content, Operation } from './operation';
import { OPERATIONS } from './operations';
import { type Schema, schemaOf } from './schema';
import { refusal } from './wire-shapes';

/** A procedure of the API behind the pages. */
export interface DocumentedProcedure {
  name: string;
  type: 'query' | 'mutation' | 'subscription';
  /** Its inputs, each a part of one map. */
  inputs: z.ZodType[];
  /** null: a subscription, which answers with events. */
  output: z.ZodType | null;
}

/** One operation of the document. */
export interface DocumentedOperation {
  operationId: string;
  tags: string[];
  summary: string;
  security: Record<string, string[]>[];
  parameters: {
    name: string;
    in: string;
    required: boolean;
    schema: Schema;
    description?: string;
  }[];
  requestBody?: { required: true; content: Record<string, { schema?: Schema }> };
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema?: Schema }>; $ref?: string }
  >;
}

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, Schema> };
}

const BEARER = 'bearer';
const COMMON: ErrorCode[] = ['database-unavailable', 'shutting-down', 'internal'];
const PROCEDURE_ERRORS: ErrorCode[] = [
  ...(['unauthenticated', 'token-expired', 'token-revoked', 'rate-limited'] as const),
  ...(['insufficient-scope', 'access-denied', 'repo-not-found'] as const),
];
const PROCEDURES_GROUP = 'Procedures of the pages';

/**
 * The OpenAPI document of the public HTTP surface, made of the shapes that the hub itself checks by.
 * `url` is the hub's public address, `version` the program's.
 */
export function openApiDocument(
  procedures: DocumentedProcedure[],
  { url, version }: { url: string; version: string },
): OpenApiDocument {
  const components = new Map<string, Schema>();
  components.set('Refusal', schemaOf(refusal, 'Refusal', components));
  const paths: OpenApiDocument['paths'] = {};
  const add = (path: string, method: string, operation: DocumentedOperation) => {
    paths[path] = { ...paths[path], [method]: operation };
  };
  for (const one of OPERATIONS) add(one.path, one.method, documented(one, components));
  for (const one of procedures) {
    const method = one.type === 'mutation' ? 'post' : 'get';
    add(`/api/trpc/${one.name}`, method, documentedProcedure(one, components));
  }
  const groups = [...new Set(OPERATIONS.map(({ group }) => group)), PROCEDURES_GROUP];
  return {
    openapi: '3.1.0',
    info: {
      title: 'musehub',
      version,
      description:
        'The wire protocol and the JSON API of this hub. Frames and rules are told by docs/protocol.md.',
    },
    servers: [{ url }],
    tags: groups.map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(components),
      securitySchemes: {
        [BEARER]: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token of an account or an agent',
        },
      },
    },
  };
}

function documented(one: Operation, components: Map<string, Schema>): DocumentedOperation {
  const { status, what, types, shape } = one.answer;
  const answer = types && content({ types, shape }, `${one.id}Answer`, components);
  return {
    operationId: one.id,
    tags: [one.group],
    summary: one.summary,
    security: securityOf(one.auth),
    parameters: parametersOf(one),
    ...(one.request && {
      requestBody: {
        required: true,
        content: content(one.request, `${one.id}Request`, components),
      },
    }),
    responses: {
      [status]: { description: what, ...(answer && { content: answer }) },
      ...refusals([...one.errors, ...COMMON]),
    },
  };
}

function documentedProcedure(
  { name, type, inputs, output }: DocumentedProcedure,
  components: Map<string, Schema>,
): DocumentedOperation {
  const id = name.replaceAll('.', '_');
  const input = merged(inputs.map((shape, n) => schemaOf(shape, `${id}Input${n}`, components)));
  const data = output ? schemaOf(output, `${id}Output`, components) : {};
  const result = { type: 'object', properties: { data }, required: ['data'] };
  const schema = { type: 'object', properties: { result }, required: ['result'] };
  const query: DocumentedOperation['parameters'][number] = {
    ...{ name: 'input', in: 'query', required: 'required' in input, schema: { type: 'string' } },
    description: `JSON of: ${JSON.stringify(input)}`,
  };
  return {
    operationId: id,
    tags: [PROCEDURES_GROUP],
    summary: `${{ query: 'Reads', mutation: 'Changes by', subscription: 'Watches' }[type]} ${name}`,
    security: securityOf('optional'),
    parameters: type === 'mutation' ? [] : [query],
    ...(type === 'mutation' && {
      requestBody: { required: true, content: { [JSON_MIME_TYPE]: { schema: input } } },
    }),
    responses: {
      200:
        type === 'subscription'
          ? { description: 'Events', content: { 'text/event-stream': {} } }
          : { description: 'The answer', content: { [JSON_MIME_TYPE]: { schema } } },
      ...statuses([...PROCEDURE_ERRORS, ...COMMON], (description) => ({ description })),
    },
  };
}

/** The parts of a procedure's input as one map. */
function merged(parts: Schema[]): Schema {
  const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {}));
  const required = [...new Set(parts.flatMap((part) => (part.required as string[]) ?? []))];
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

const securityOf = (auth: Operation['auth']): Record<string, string[]>[] =>
  auth === 'none' ? [{}] : auth === 'required' ? [{ [BEARER]: [] }] : [{}, { [BEARER]: [] }];

function parametersOf({ path, query = {}, segments = {} }: Operation) {
  const schema = { type: 'string' };
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, schema },
    ...(segments[name] && { description: segments[name] }),
  }));
  const inQuery = Object.entries(query).map(([name, description]) => ({
    ...{ name, in: 'query', required: false, schema, description },
  }));
  return [...inPath, ...inQuery];
}

function content(
  { types, shape }: Content,
  name: string,
  components: Map<string, Schema>,
): Record<string, { schema?: Schema }> {
  const schema = shape && schemaOf(shape, name, components);
  return Object.fromEntries(types.map((type) => [type, schema ? { schema } : {}]));
}

const REFUSAL_CONTENT = Object.fromEntries(
  [JSON_MIME_TYPE, MSGPACK_MIME_TYPE, STREAM_MIME_TYPE].map((type) => [
    type,
    { schema: { $ref: '#/components/schemas/Refusal' } },
  ]),
);

const refusals = (codes: ErrorCode[]): DocumentedOperation['responses'] =>
  statuses(codes, (description) => ({ description, content: REFUSAL_CONTENT }));

/** Codes by their status; what each says stands beside it. */
function statuses(
  codes: ErrorCode[],
  answer: (description: string) => DocumentedOperation['responses'][string],
): DocumentedOperation['responses'] {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of codes) {
    const { status } = ERRORS[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, named]) => [
        status,
        answer([...named].map((code) => `${code}: ${ERRORS[code].sentence}`).join('\n')),
      ]),
  );
}
