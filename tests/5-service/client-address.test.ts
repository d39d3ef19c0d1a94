import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readEnv } from '~/server/env';
import { addressOf, clientOf } from '~/server/http/client-address';

const { trustedProxies } = readEnv({ MUSEHUB_TRUSTED_PROXIES: '10.0.0.0/8,127.0.0.1' }, '/');

function seenFrom(peer: string, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const request = { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
  return addressOf(request, trustedProxies);
}

describe('the address of a client', () => {
  it('is the peer of the socket', () => {
    expect(seenFrom('203.0.113.7')).toBe('203.0.113.7');
    expect(seenFrom('2001:db8::1')).toBe('2001:db8::1');
  });

  it('is the IPv4 address when an IPv6 socket tells one', () => {
    expect(seenFrom('::ffff:203.0.113.7')).toBe('203.0.113.7');
  });

  it('is not what a stranger claims', () => {
    expect(seenFrom('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
  });

  it('is what a trusted proxy tells', () => {
    expect(seenFrom('127.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
    expect(seenFrom('::ffff:127.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
  });

  it('is the last one before the trusted proxies, whatever the client put in front', () => {
    expect(seenFrom('127.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2')).toBe('198.51.100.1');
  });

  it('is one and the same in whatever form it is told', () => {
    for (const form of [
      ...['203.0.113.7', ' 203.0.113.7 ', '203.0.113.7:51234', '::ffff:203.0.113.7'],
      ...['::FFFF:cb00:7107', '0:0:0:0:0:ffff:203.0.113.7', '[::ffff:203.0.113.7]:443'],
    ]) {
      expect(seenFrom('127.0.0.1', form), form).toBe('203.0.113.7');
    }
    expect(seenFrom('127.0.0.1', '[2001:db8::7]:51234')).toBe('2001:db8::7');
    expect(seenFrom('127.0.0.1', '2001:db8::7')).toBe('2001:db8::7');
  });

  it('is found behind a chain of proxies of either family', () => {
    const six = readEnv({ MUSEHUB_TRUSTED_PROXIES: '2001:db8:1::/48,10.0.0.0/8' }, '/');
    const request = (peer: string, forwarded: string) =>
      ({
        socket: { remoteAddress: peer },
        headers: { 'x-forwarded-for': forwarded },
      }) as unknown as IncomingMessage;
    const seen = (peer: string, forwarded: string) =>
      addressOf(request(peer, forwarded), six.trustedProxies);
    expect(seen('2001:db8:1::5', '198.51.100.1, 10.1.2.3')).toBe('198.51.100.1');
    expect(seen('::ffff:10.0.0.9', '2001:db8:9::1, 2001:db8:1::6')).toBe('2001:db8:9::1');
    expect(seen('10.0.0.9', '6.6.6.6, 2001:db8:2::1, ::ffff:10.0.0.3')).toBe('2001:db8:2::1');
    expect(seen('2001:db8:2::1', '6.6.6.6')).toBe('2001:db8:2::1');
  });

  it('is a trusted proxy’s own when all of the chain is trusted', () => {
    expect(seenFrom('127.0.0.1', '10.0.0.1, 10.0.0.2')).toBe('10.0.0.1');
  });

  it('is the proxy itself when it tells nothing or nonsense', () => {
    expect(seenFrom('127.0.0.1')).toBe('127.0.0.1');
    expect(seenFrom('127.0.0.1', 'unknown')).toBe('127.0.0.1');
    expect(seenFrom('10.0.0.1', 'evil\r\n, 10.0.0.2')).toBe('10.0.0.2');
  });
});

describe('the program of a client', () => {
  it('is its User-Agent without control characters, cut to a length', () => {
    const headers = { 'user-agent': `muse/0.1.5 \u009b31m${'x'.repeat(500)}` };
    const { client } = clientOf(new Request('http://hub/', { headers }));
    expect(client).toHaveLength(200);
    expect(client.startsWith('muse/0.1.5 31mxxx')).toBe(true);
  });
});
