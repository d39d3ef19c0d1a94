import { getContainer } from '~/server/container';
import { handleAuditExport } from '~/server/http/audit-export-handler';

export const dynamic = 'force-dynamic';

/** The audit log as a file, for admins of the hub. */
export function GET(request: Request): Promise<Response> {
  return handleAuditExport(request, getContainer().api);
}
