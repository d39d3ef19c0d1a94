import { getContainer } from '~/server/container';
import { handleMetrics } from '~/server/http/metrics-handler';

export const dynamic = 'force-dynamic';

export function GET(request: Request): Promise<Response> {
  const { metrics, api } = getContainer();
  return handleMetrics(request, { ...api, metrics });
}
