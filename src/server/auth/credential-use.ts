import type { CredentialUse } from '~/server/access';

/**
 * The header in which our own server passes on where a request comes from, since handlers do not
 * see the socket. What a client sends under this name is replaced.
 */
export const ADDRESS_HEADER = 'x-musehub-address';

const CLIENT_MAX_CHARS = 200;

/** The address a request comes from and the program that sent it, for tokens and histories. */
export function credentialUse(headers: Headers): CredentialUse {
  return {
    address: headers.get(ADDRESS_HEADER) ?? '',
    client: (headers.get('user-agent') ?? '')
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
      .slice(0, CLIENT_MAX_CHARS),
  };
}
