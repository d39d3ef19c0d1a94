import { authenticate } from '../auth/authenticate';
import type { AuditLog, AuditRow } from '../ports/audit-log';
import { readAuditFilter } from '../services/audit-filter';
import { exportAudit } from '../services/list-audit';
import { clientOf } from './client-address';
import type { PageAccessDeps } from './page-access';
import { errorResponse, requestIdOf } from './respond';
import { streamedBody } from './streamed-body';

export interface AuditExportDeps extends Omit<PageAccessDeps, 'browse'> {
  audit: Pick<AuditLog, 'list'>;
}

/**
 * `GET /api/admin/audit.jsonl`: the audit log as a file, an act a line, with the filters of its
 * page; for admins of the hub. It is made while it is sent; one that breaks off ends with a broken
 * connection.
 */
export async function handleAuditExport(
  request: Request,
  deps: AuditExportDeps,
): Promise<Response> {
  try {
    const principal = await authenticate(request.headers, deps, clientOf(request));
    const search = new URL(request.url).searchParams;
    const pages = exportAudit(
      principal,
      readAuditFilter((name) => search.get(name)),
      deps,
    );
    const requestId = requestIdOf(request);
    const body = await streamedBody(lines(pages), new AbortController(), {
      log: deps.log,
      fields: { requestId },
    });
    return new Response(body, {
      headers: {
        'content-type': 'application/jsonl; charset=utf-8',
        'content-disposition': 'attachment; filename="audit.jsonl"',
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'no-store',
        vary: 'Authorization, Cookie',
        'x-request-id': requestId,
      },
    });
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}

async function* lines(pages: AsyncGenerator<AuditRow[]>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const rows of pages) yield encoder.encode(rows.map(lineOf).join(''));
}

function lineOf(row: AuditRow): string {
  return `${JSON.stringify({
    id: row.id,
    at: new Date(row.atMs).toISOString(),
    action: row.action,
    actor: row.actorId && { id: row.actorId, handle: row.actorName },
    token: row.tokenId && { id: row.tokenId, name: row.tokenName },
    session_id: row.sessionId,
    subject: row.subject,
    repository: row.repoId && {
      id: row.repoId,
      name: row.repository && `${row.repository.owner}/${row.repository.slug}`,
    },
    address: row.address,
    client: row.client,
    reason: row.reason,
    detail: row.detail,
  })}\n`;
}
