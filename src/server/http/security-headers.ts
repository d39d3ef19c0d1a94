import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * The headers that every answer carries, and the Content-Security-Policy of pages.
 *
 * A policy with a nonce per request needs two things at once: the response header, and the same
 * policy as a request header, from which Next takes the nonce for its own script elements. Both are
 * set here, by the custom server, before Next sees the request. (A `proxy.ts` would do it too, but
 * would buffer the bodies of pushes.) Route handlers that serve users' files replace the policy
 * with a stricter one of their own; `response` therefore takes defaults, which the server adds to
 * an answer as it begins, where the handler did not set its own.
 */
export function applySecurityHeaders(
  request: IncomingMessage,
  response: { setHeader(name: string, value: string): unknown },
  options: { https: boolean; development: boolean },
): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader(
    'Permissions-Policy',
    'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  );
  if (options.https) {
    response.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  }
  const policy = contentSecurityPolicy(randomBytes(16).toString('base64'), options);
  response.setHeader('Content-Security-Policy', policy);
  // Whatever a client sent under this name is replaced: it must never choose the nonce.
  request.headers['content-security-policy'] = policy;
  delete request.headers['content-security-policy-report-only'];
}

/** The policy of pages: nothing but our own files, and scripts that carry the nonce. */
export function contentSecurityPolicy(
  nonce: string,
  { https, development }: { https: boolean; development: boolean },
): string {
  const directives = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    `style-src 'self'${development ? " 'unsafe-inline'" : ` 'nonce-${nonce}'`}`,
    "img-src 'self' data:",
    "media-src 'self'",
    "font-src 'self'",
    `connect-src 'self'${development ? ' ws:' : ''}`,
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ];
  if (https) directives.push('upgrade-insecure-requests');
  return directives.join('; ');
}
