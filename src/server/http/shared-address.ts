import { MSGPACK_MIME_TYPE } from '~/wire/limits';
import { JSON_MIME_TYPE, namedQuality, parseAccept } from './accept';

/**
 * Addresses that are a page for a browser and a wire route for a program. Next has one of the two at
 * an address, so the wire's side lies elsewhere, below `/api/wire`.
 */
const SHARED = /^\/(?!api\/|_next\/)[^/]+\/[^/]+\/(?:tags|releases(?:\/[^/]+)?)$/;

/**
 * Where a request is answered: a program's at the wire's side of a shared address, everything else
 * where it says. A program changes something, or reads and names msgpack or JSON but no HTML.
 */
export function answeredAt(method: string, target: string, accept: string | undefined): string {
  const [path = '', ...query] = target.split('?');
  if (!SHARED.test(path) || !isProgram(method, accept ?? '')) return target;
  return [`/api/wire${path}`, ...query].join('?');
}

function isProgram(method: string, accept: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return true;
  const ranges = parseAccept(accept);
  const program = namedQuality(ranges, MSGPACK_MIME_TYPE) + namedQuality(ranges, JSON_MIME_TYPE);
  return program > 0 && namedQuality(ranges, 'text/html') === 0;
}
