/** A version as Muse's releases name it: `v1.2.0-beta.1+build`, with or without the `v`. */
export interface SemVer {
  major: number;
  minor: number;
  patch: number;
  /** `beta.1`; '' for none. */
  pre: string;
  /** `build`; '' for none. */
  build: string;
}

export const RELEASE_CHANNELS = ['stable', 'beta', 'alpha', 'nightly'] as const;
export type ReleaseChannel = (typeof RELEASE_CHANNELS)[number];

const LENGTH_MAX = 100;
const NUMBER = '(0|[1-9]\\d{0,8})';
const WORDS = '([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)';
const VERSION = new RegExp(`^v?${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${WORDS})?(?:\\+${WORDS})?$`);

/** Reads a version; null when the text is none. */
export function parseSemVer(text: string): SemVer | null {
  const found = text.length <= LENGTH_MAX ? VERSION.exec(text) : null;
  if (!found) return null;
  const [, major, minor, patch, pre = '', build = ''] = found;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), pre, build };
}

/** The channel that a version belongs to when nobody says otherwise. */
export function channelOf({ pre }: SemVer): ReleaseChannel {
  if (pre === '') return 'stable';
  if (/^(nightly|dev)/i.test(pre)) return 'nightly';
  return /^alpha/i.test(pre) ? 'alpha' : 'beta';
}

/** Whether a text names a channel. */
export function isChannel(text: unknown): text is ReleaseChannel {
  return (RELEASE_CHANNELS as readonly unknown[]).includes(text);
}
