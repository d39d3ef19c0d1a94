import type { BodyForm } from '~/wire/fetch-answer';
import { MSGPACK_MIME_TYPE } from '~/wire/limits';

/**
 * Content negotiation (RFC 9110 §12.5.1) as far as the wire routes need it: which of a few media
 * types a request's Accept header prefers. Pure.
 */

export const JSON_MIME_TYPE = 'application/json';

interface MediaRange {
  type: string;
  quality: number;
}

/** Ranges that a header may hold; what comes after is not looked at. */
const RANGES_MAX = 64;

/** Parses an Accept header; a range without a readable `q` has quality 1. */
export function parseAccept(header: string | null): MediaRange[] {
  if (!header) return [];
  const ranges: MediaRange[] = [];
  for (const part of header.split(',', RANGES_MAX)) {
    const [type = '', ...parameters] = part.split(';');
    const name = type.trim().toLowerCase();
    if (!name) continue;
    ranges.push({ type: name, quality: qualityOf(parameters) });
  }
  return ranges;
}

function qualityOf(parameters: string[]): number {
  for (const parameter of parameters) {
    const [key = '', value = ''] = parameter.split('=');
    if (key.trim().toLowerCase() !== 'q') continue;
    const quality = Number(value.trim());
    return quality >= 0 && quality <= 1 ? quality : 1;
  }
  return 1;
}

/**
 * The quality a header gives a media type by its full name; 0 when it does not name it. Wildcards
 * do not count: who sends them leaves the choice to the hub.
 */
export function namedQuality(ranges: MediaRange[], mediaType: string): number {
  let quality = 0;
  for (const range of ranges) {
    if (range.type === mediaType) quality = Math.max(quality, range.quality);
  }
  return quality;
}

/** The media type of a Content-Type header, lowercase and without parameters; '' when absent. */
export function mediaTypeOf(header: string | null): string {
  return (header ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/**
 * The form of an answer that there is in msgpack and in JSON: msgpack when Accept names it and does
 * not like JSON better, JSON when it names only that, else `fallback`.
 */
export function preferredForm(accept: string | null, fallback: BodyForm): BodyForm {
  const ranges = parseAccept(accept);
  const msgpack = namedQuality(ranges, MSGPACK_MIME_TYPE);
  const json = namedQuality(ranges, JSON_MIME_TYPE);
  if (msgpack > 0 && msgpack >= json) return 'msgpack';
  return json > 0 ? 'json' : fallback;
}

export function mediaTypeOfForm(form: BodyForm): string {
  return form === 'msgpack' ? MSGPACK_MIME_TYPE : JSON_MIME_TYPE;
}
