import { matchesEtag } from './etag';
import { requestIdOf } from './respond';

/** What a browser is told to do with users' bytes. */
export interface Shown {
  mediaType: string;
  /** The value of Content-Disposition. */
  disposition: string;
  /** Whether the address stands for these very bytes for ever. */
  immutable: boolean;
}

/** A Content-Disposition that has a file saved under a name. */
export const attachment = (name: string): string =>
  `attachment; filename*=UTF-8''${encodeHeaderName(name)}`;

/** RFC 8187: what `encodeURIComponent` leaves and this grammar does not take is escaped too. */
const encodeHeaderName = (name: string): string =>
  encodeURIComponent(name).replace(
    /['()*!]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Where such an answer begins: its headers, and the whole answer when the asker has these bytes. */
export function beginBytes(
  request: Request,
  shown: Shown & { etag: string; isPublic: boolean },
): { headers: Headers; unchanged: Response | null } {
  const headers = new Headers({
    etag: shown.etag,
    // These bytes may never change, but the right to read them may.
    'cache-control':
      shown.isPublic && shown.immutable
        ? 'public, max-age=31536000, immutable, no-transform'
        : 'private, no-cache, no-transform',
    vary: 'Authorization, Cookie',
    'x-request-id': requestIdOf(request),
  });
  if (matchesEtag(request.headers.get('if-none-match'), shown.etag)) {
    return { headers, unchanged: new Response(null, { status: 304, headers }) };
  }
  headers.set('content-type', shown.mediaType);
  headers.set('content-disposition', shown.disposition);
  headers.set('content-security-policy', "default-src 'none'; sandbox");
  headers.set('x-content-type-options', 'nosniff');
  return { headers, unchanged: null };
}
