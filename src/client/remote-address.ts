import { ClientError } from './client-error';

/** Where a repository is: the hub, and owner and slug on it. */
export interface RemoteAddress {
  /** Scheme, host and port, e.g. `http://localhost:3000`. */
  hub: URL;
  owner: string;
  slug: string;
  /** The whole address without a slash at its end. */
  url: string;
}

/** Whether a text is meant as an address rather than the name of a remote. */
export function looksLikeAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/** Parses the address of a hub; throws `usage`. */
export function parseHub(text: string): URL {
  const url = parseHttp(text);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new ClientError('usage', `${text} is not the address of a hub.`, {
      fix: `Name scheme and host only: ${url.origin}`,
    });
  }
  return url;
}

/** Parses `http(s)://host[:port]/owner/slug`; throws `usage`. */
export function parseAddress(text: string): RemoteAddress {
  const url = parseHttp(text);
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const [owner, slug] = parts;
  if (owner === undefined || slug === undefined || parts.length !== 2 || url.search || url.hash) {
    throw new ClientError('usage', `${text} is not the address of a repository.`, {
      fix: 'Write it as http(s)://host/owner/slug.',
    });
  }
  const hub = new URL(url.origin);
  return {
    hub,
    owner: decodeURIComponent(owner),
    slug: decodeURIComponent(slug),
    url: `${hub.origin}/${owner}/${slug}`,
  };
}

function parseHttp(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ClientError('usage', `${text} is not an http or https address.`, {
      fix: 'Write it as http(s)://host/owner/slug.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new ClientError('usage', 'The address holds a user name or password.', {
      fix: 'Leave them out and sign in with: musehub login',
    });
  }
  return url;
}

/** Whether what is sent to a hub can be read on the way: plain HTTP to another machine. */
export function isOpenToReaders(hub: URL): boolean {
  if (hub.protocol === 'https:') return false;
  const name = hub.hostname.replace(/^\[|\]$/g, '');
  return !(
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^127\./.test(name)
  );
}
