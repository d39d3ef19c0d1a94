import { type AuthenticateDeps, authenticateBearer } from '../auth/authenticate';
import { clientOf, DIRECT_HEADER } from './client-address';

export interface MetricsDeps extends AuthenticateDeps {
  metrics: { text(): string };
}

const LOOPBACK = /^(127\.|::1$)/;

/**
 * `GET /metrics`: this process's counters, for a collector on the same machine, or with an admin's
 * token. For everyone else there is nothing here.
 */
export async function handleMetrics(request: Request, deps: MetricsDeps): Promise<Response> {
  if (!isLocal(request) && !(await isAdmin(request, deps))) {
    return new Response('Not found\n', { status: 404, headers: { 'Cache-Control': 'no-store' } });
  }
  const headers = { 'Content-Type': 'text/plain; version=0.0.4', 'Cache-Control': 'no-store' };
  return new Response(deps.metrics.text(), { headers });
}

/** A proxy on the same machine that is not named as trusted would make everyone look local. */
function isLocal(request: Request): boolean {
  return LOOPBACK.test(clientOf(request).address) && request.headers.get(DIRECT_HEADER) === 'yes';
}

async function isAdmin(request: Request, deps: MetricsDeps): Promise<boolean> {
  const authorization = request.headers.get('authorization');
  if (authorization === null) return false;
  const principal = await authenticateBearer(authorization, deps, clientOf(request)).catch(
    () => null, // a wrong token gets the same 404 as none
  );
  return (
    principal?.kind === 'user' &&
    principal.role === 'admin' &&
    principal.token?.scopes.includes('admin') === true
  );
}
