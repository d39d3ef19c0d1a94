import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schemaText } from '~/app/_components/schema-text';
import { listProcedures } from '~/server/api/procedures';
import { type DocumentedOperation, openApiDocument } from '~/server/http/openapi/document';
import { OPERATIONS, routeOf } from '~/server/http/openapi/operations';
import { type Schema, schemaOf } from '~/server/http/openapi/schema';
import { ERRORS } from '~/wire/errors';
import { PROJECT_ROOT, sourceFiles } from '~tests/support/source-files';

/** Routes that are not told to programs, and why. */
const UNDOCUMENTED: Record<string, string> = {
  'GET /api/auth/[...nextauth]': 'sign-in of browsers',
  'POST /api/auth/[...nextauth]': 'sign-in of browsers',
  'GET /api/trpc/[trpc]': 'documented by procedure',
  'POST /api/trpc/[trpc]': 'documented by procedure',
  'POST /[owner]/[slug]/commits/[commit_id]/comments/[comment_id]': 'a form of a page',
  'POST /[owner]/[slug]/act': 'a form of a page',
  'POST /admin/act': 'a form of a page',
  'POST /settings/act': 'a form of a page',
  'POST /device/decision': 'a form of a page',
  'POST /join/account': 'a form of a page',
  'POST /join/code': 'a form of a page',
  'POST /reset/password': 'a form of a page',
  'GET /metrics': 'for the operator, see docs/operating.md',
};
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** `GET /api/tokens`: what route.ts files answer; those of protocol version 1 left out. */
function routesOfTheApp(): string[] {
  return sourceFiles('src/app', ['.ts']).flatMap(({ path: file }) => {
    const match = /^src\/app(.*)\/route\.ts$/.exec(file);
    if (!match) return [];
    const text = readFileSync(path.join(PROJECT_ROOT, file), 'utf8');
    if (text.includes('retired-handler')) return [];
    return METHODS.filter((method) =>
      new RegExp(
        `export (async )?function ${method}\\b|\\bas ${method}\\b|const ${method}\\b`,
      ).test(text),
    ).map((method) => `${method} ${match[1]}`);
  });
}

const document = openApiDocument(listProcedures(), { url: 'http://hub.test', version: '1.0.0' });
const operations: [where: string, operation: DocumentedOperation][] = Object.entries(
  document.paths,
).flatMap(([address, methods]) =>
  Object.entries(methods).map(([method, operation]): [string, DocumentedOperation] => [
    `${method} ${address}`,
    operation,
  ]),
);

describe('the document of the API', () => {
  it('tells every route, or says why not', () => {
    const documented = OPERATIONS.map((one) => `${one.method.toUpperCase()} ${routeOf(one)}`);
    const told = [...documented, ...Object.keys(UNDOCUMENTED)].sort();
    expect(routesOfTheApp().length).toBeGreaterThan(25);
    expect(told).toEqual(routesOfTheApp().sort());
  });

  it('tells every procedure with what it takes and answers', () => {
    const procedures = listProcedures();
    expect(procedures.length).toBeGreaterThan(25);
    for (const { name, type, output } of procedures) {
      const methods = document.paths[`/api/trpc/${name}`];
      expect(Object.keys(methods ?? {}), name).toEqual([type === 'mutation' ? 'post' : 'get']);
      if (type !== 'subscription') expect(output, `${name} has no output`).not.toBeNull();
    }
  });

  it('has an id, a summary, a group, its access and answers for each operation', () => {
    const groups = document.tags.map(({ name }) => name);
    for (const [where, operation] of operations) {
      expect(operation.operationId, where).toMatch(/^\w+$/);
      expect(operation.summary, where).not.toBe('');
      expect(groups, where).toContain(operation.tags[0]);
      expect(operation.security.length, where).toBeGreaterThan(0);
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.filter((status) => status.startsWith('2')),
        where,
      ).toHaveLength(1);
      expect(statuses, where).toContain('500');
      for (const { description } of Object.values(operation.responses)) {
        expect(description, where).not.toBe('');
      }
    }
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('declares every segment of a path, and no other', () => {
    for (const [where, { parameters }] of operations) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      const segments = [...where.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        inPath.map(({ name }) => name),
        where,
      ).toEqual(segments);
      expect(
        inPath.every(({ required }) => required),
        where,
      ).toBe(true);
    }
  });

  it('refers only to what it holds', () => {
    const text = JSON.stringify(document);
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!);
    expect(refs.length).toBeGreaterThan(50);
    for (const ref of refs) {
      const name = ref.replace('#/components/schemas/', '');
      expect(Object.keys(document.components.schemas), ref).toContain(name);
    }
    expect(text).not.toContain('$defs');
  });

  it('answers each refusal under the status of its code', () => {
    for (const [where, { responses }] of operations) {
      for (const [status, { description }] of Object.entries(responses)) {
        if (status.startsWith('2')) continue;
        for (const line of description.split('\n')) {
          const code = line.split(':')[0] as keyof typeof ERRORS;
          expect(ERRORS[code]?.status, `${where} ${code}`).toBe(Number(status));
        }
      }
    }
  });
});

describe('a shape as a schema', () => {
  it('that holds itself is a component, wherever it stands', () => {
    type Tree = { children: Tree[] };
    const tree: z.ZodType<Tree> = z.object({
      get children() {
        return z.array(tree);
      },
    });
    for (const [name, shape] of [
      ['Inner', z.object({ tree })],
      ['Outer', tree],
    ] as const) {
      const components = new Map<string, Schema>();
      const schema = schemaOf(shape, name, components);
      const refs = JSON.stringify([schema, ...components.values()]).match(/"\$ref":"[^"]+"/g) ?? [];
      expect(refs.length).toBeGreaterThan(0);
      for (const ref of refs) {
        const [, target = ''] = /schemas\/(\w+)/.exec(ref) ?? [];
        expect(components.has(target), ref).toBe(true);
      }
    }
  });

  it('is read as lines', () => {
    const shape = z.object({
      id: z.string().describe('its name'),
      kind: z.enum(['a', 'b']).optional(),
      list: z.array(z.object({ n: z.number().nullable() })),
      map: z.record(z.string(), z.boolean()),
    });
    expect(schemaText(schemaOf(shape, 'X', new Map()))).toBe(
      [
        '{',
        '  id: string  // its name',
        '  kind?: "a" | "b"',
        '  list: [{',
        '    n: number | null',
        '  }]',
        '  map: { name: boolean }',
        '}',
      ].join('\n'),
    );
    expect(schemaText({})).toBe('');
  });
});
