import { describe, expect, it } from 'vitest';
import { answeredAt } from '~/server/http/shared-address';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const CLI = 'application/x-msgpack, application/json';

describe('an address that is a page and a wire route', () => {
  it('is a page for who reads HTML or says nothing of msgpack and JSON', () => {
    for (const accept of [BROWSER, '*/*', undefined, '', 'text/html, application/json']) {
      expect(answeredAt('GET', '/ada/songs/tags?q=v1', accept)).toBe('/ada/songs/tags?q=v1');
    }
  });

  it('is the wire route for programs that read', () => {
    for (const accept of [CLI, 'application/json', 'application/x-msgpack']) {
      expect(answeredAt('GET', '/ada/songs/releases?channel=beta', accept)).toBe(
        '/api/wire/ada/songs/releases?channel=beta',
      );
    }
  });

  it('is the wire route for whoever changes something', () => {
    expect(answeredAt('POST', '/ada/songs/tags', BROWSER)).toBe('/api/wire/ada/songs/tags');
    expect(answeredAt('DELETE', '/ada/songs/releases/v1.0.0', undefined)).toBe(
      '/api/wire/ada/songs/releases/v1.0.0',
    );
  });

  it('is no other address', () => {
    for (const target of [
      ...['/ada/songs', '/ada/songs/tags/x', '/ada/songs/refs', '/ada/songs/releases/a/b'],
      ...['/api/wire/tags', '/api/x/tags', '/_next/x/tags', '/tags', '/ada/songs/commits?tags'],
    ]) {
      expect(answeredAt('POST', target, CLI)).toBe(target);
    }
  });
});
