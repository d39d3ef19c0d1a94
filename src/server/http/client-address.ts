import type { IncomingMessage } from 'node:http';
import net from 'node:net';
import type { CredentialUse } from '~/server/access';
import { credentialUse } from '~/server/auth/credential-use';

/** The address a request comes from and the program that sent it, for tokens and histories. */
export const clientOf = (request: Request): CredentialUse => credentialUse(request.headers);

/**
 * The header in which our own server tells handlers that a request says nothing of proxies; `yes`
 * or `no`. (Next adds X-Forwarded-For to every request, so handlers cannot see it themselves.)
 */
export const DIRECT_HEADER = 'x-musehub-direct';

export function isDirect({ headers }: IncomingMessage): boolean {
  return !('x-forwarded-for' in headers || 'forwarded' in headers || 'via' in headers);
}

/**
 * The address of the one who asks. X-Forwarded-For is believed as far as trusted proxies wrote it:
 * from its end, the first address that is not a trusted proxy's.
 */
export function addressOf(request: IncomingMessage, trustedProxies: net.BlockList): string {
  let address = plainAddress(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'] ?? '';
  const hops = String(forwarded).split(',').map(plainAddress);
  while (isTrusted(address, trustedProxies)) {
    const previous = hops.pop() ?? '';
    if (!net.isIP(previous)) break;
    address = previous;
  }
  return address;
}

const WITH_PORT = /^(?:\[(?<six>[^\]]+)\]|(?<four>\d+\.\d+\.\d+\.\d+))(?::\d+)?$/;
const MAPPED = /^(?:0{0,4}:){0,5}:?ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i;

/**
 * An address in one form: without the port that some proxies add, and an IPv4 address that is told
 * as an IPv6 one (as an IPv6 socket does) as what it is.
 */
function plainAddress(given: string): string {
  const { six, four } = WITH_PORT.exec(given.trim())?.groups ?? {};
  const address = six ?? four ?? given.trim();
  const mapped = net.isIPv6(address) ? MAPPED.exec(address) : null;
  if (!mapped) return address;
  if (mapped[1] !== undefined) return mapped[1];
  const bits = (Number.parseInt(mapped[2]!, 16) << 16) | Number.parseInt(mapped[3]!, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}

function isTrusted(address: string, proxies: net.BlockList): boolean {
  const family = net.isIP(address);
  return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

export { ADDRESS_HEADER } from '~/server/auth/credential-use';
