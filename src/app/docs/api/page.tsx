import type { Metadata } from 'next';
import type { DocumentedOperation, OpenApiDocument } from '~/server/http/openapi/document';
import { apiDocument } from '../../_components/api-document';
import { Badge, type Tone } from '../../_components/badge';
import { CommandLine } from '../../_components/command-line';
import { PageBody } from '../../_components/page-body';
import { schemaText } from '../../_components/schema-text';

export const metadata: Metadata = { title: 'API' };

/** The HTTP surface of this hub, from the document that programs read. */
export default function ApiPage() {
  const document = apiDocument();
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const url = document.servers[0]?.url ?? '';
  return (
    <PageBody>
      <div className="max-w-4xl space-y-6">
        <div className="space-y-3">
          <h1 className="font-semibold text-xl sm:text-2xl">API</h1>
          <p>
            What programs may ask of this hub. The same as an OpenAPI {document.openapi} document:{' '}
            <a className="link underline" href="/api/openapi.json">
              /api/openapi.json
            </a>
            . A token goes along as a header; make one in{' '}
            <a className="link underline" href="/settings/tokens">
              your settings
            </a>
            .
          </p>
          <CommandLine
            command={`curl -H "Authorization: Bearer $TOKEN" ${url}/api/whoami`}
            label="the line that asks who you are"
          />
        </div>
        {document.tags.map(({ name }) => {
          const listed = operations.filter(({ operation }) => operation.tags.includes(name));
          return (
            <section aria-labelledby={anchorOf(name)} className="space-y-2" key={name}>
              <h2 className="scroll-mt-20 font-semibold text-base" id={anchorOf(name)}>
                {name}
              </h2>
              <div className="divide-y divide-line overflow-hidden rounded-lg border border-line">
                {listed.map((one) => (
                  <OperationRow key={one.operation.operationId} {...one} />
                ))}
              </div>
            </section>
          );
        })}
        <section aria-labelledby="refusal" className="space-y-2">
          <h2 className="scroll-mt-20 font-semibold text-base" id="refusal">
            Refusals
          </h2>
          <p className="text-muted">
            Every refusal with a status has this body, in JSON, msgpack or as one frame.
          </p>
          <Code text={schemaText(document.components.schemas.Refusal)} />
        </section>
      </div>
    </PageBody>
  );
}

const anchorOf = (name: string): string => name.toLowerCase().replaceAll(/\W+/g, '-');

const METHOD_TONES: Record<string, Tone> = { get: 'good', post: 'accent', delete: 'bad' };

function OperationRow({
  path,
  method,
  operation,
}: {
  path: string;
  method: string;
  operation: DocumentedOperation;
}) {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const described = parameters.filter((parameter) => parameter.description);
  return (
    <details className="group" id={operationId}>
      <summary className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 hover:bg-surface">
        <Badge tone={METHOD_TONES[method]}>{method.toUpperCase()}</Badge>
        <code className="breakable min-w-0 font-mono text-[0.8125rem]">{path}</code>
        <span className="text-muted">{summary}</span>
      </summary>
      <div className="space-y-3 border-line border-t bg-surface px-4 py-3">
        <p className="text-muted">{accessOf(operation)}</p>
        {described.length > 0 && (
          <dl className="grid gap-x-4 gap-y-1 sm:grid-cols-[8rem_1fr]">
            {described.map(({ name, description }) => (
              <div className="contents" key={name}>
                <dt className="font-mono text-[0.8125rem]">{name}</dt>
                <dd className="breakable text-muted">{description}</dd>
              </div>
            ))}
          </dl>
        )}
        {requestBody && <Body content={requestBody.content} name="Body" />}
        {Object.entries(responses).map(([status, { description, content }]) =>
          Number(status) < 300 ? (
            <Body content={content} key={status} name={`${status} ${description}`} />
          ) : (
            <div key={status}>
              <p className="font-medium">{status}</p>
              <ul className="list-disc pl-5 text-muted">
                {description.split('\n').map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            </div>
          ),
        )}
      </div>
    </details>
  );
}

function accessOf({ security }: DocumentedOperation): string {
  const open = security.some((way) => Object.keys(way).length === 0);
  const token = security.some((way) => Object.keys(way).length > 0);
  if (open && token) return 'Without a token: what is public. With one: what it may.';
  return token ? 'Needs a token.' : 'Needs no token.';
}

type Content = OpenApiDocument['paths'][string][string]['responses'][string]['content'];

function Body({ name, content = {} }: { name: string; content?: Content }) {
  const types = Object.keys(content);
  const text = schemaText(Object.values(content)[0]?.schema);
  return (
    <div className="space-y-1">
      <p>
        <span className="font-medium">{name}</span>{' '}
        <span className="breakable text-muted text-xs">{types.join(', ')}</span>
      </p>
      {text && <Code text={text} />}
    </div>
  );
}

function Code({ text }: { text: string }) {
  return (
    <pre
      className="overflow-x-auto rounded-md border border-line bg-canvas px-3 py-2 font-mono text-xs leading-5"
      // Reached with the keyboard, since it scrolls sideways.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region needs it
      tabIndex={0}
    >
      {text}
    </pre>
  );
}
