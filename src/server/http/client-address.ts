import type { IncomingMessage } from 'node:http';
import net from 'node:net';

/**
 * The header in which our own server passes on where a request comes from, since handlers do not
 * see the socket. What a client sends under this name is replaced.
 */
export const ADDRESS_HEADER = 'x-musehub-address';

const CLIENT_MAX_CHARS = 200;

/** The address a request comes from and the program that sent it, for tokens and histories. */
export function clientOf(request: Request): { address: string; client: string } {
  return {
    address: request.headers.get(ADDRESS_HEADER) ?? '',
    client: (request.headers.get('user-agent') ?? '')
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
      .slice(0, CLIENT_MAX_CHARS),
  };
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

/** An IPv4 address as an IPv6 socket tells it is the IPv4 address. */
function plainAddress(address: string): string {
  return address.trim().replace(/^::ffff:(?=\d+\.)/i, '');
}

function isTrusted(address: string, proxies: net.BlockList): boolean {
  const family = net.isIP(address);
  return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
