import { getContainer } from '~/server/container';
import { checkReadiness } from '~/server/http/readiness';

export const dynamic = 'force-dynamic';

export function GET(): Promise<Response> {
  return checkReadiness(getContainer());
}
