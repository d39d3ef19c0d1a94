/** Where segments lie in the blob store. Everything under this prefix is a segment or was meant as one. */
export const SEGMENT_PREFIX = 'segments/';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const SEGMENT_KEY = new RegExp(`^${SEGMENT_PREFIX}(${UUID})/(${UUID})$`);

/** The blob key of a segment; both ids are UUIDs in lowercase. */
export function segmentKey(repoId: string, segmentId: string): string {
  return `${SEGMENT_PREFIX}${repoId}/${segmentId}`;
}

/** The inverse of `segmentKey`; null for a key of another form. */
export function parseSegmentKey(key: string): { repoId: string; segmentId: string } | null {
  const match = SEGMENT_KEY.exec(key);
  return match?.[1] && match[2] ? { repoId: match[1], segmentId: match[2] } : null;
}
