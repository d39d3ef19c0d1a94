import { createHash, randomBytes, randomInt } from 'node:crypto';

/**
 * The two codes of a device login: a long one that the program keeps to itself, and a short one that
 * a person compares and types. Both are stored as hashes only.
 */

/** No vowels, so that no word comes out; no letter that looks like a digit or another letter. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const USER_CODE_CHARS = 8;
const DEVICE_CODE_BYTES = 32;
const DEVICE_CODE = /^[A-Za-z0-9_-]{43}$/;

export function newDeviceCode(): string {
  return randomBytes(DEVICE_CODE_BYTES).toString('base64url');
}

/** As it is shown: `BCDF-GHJK`. */
export function newUserCode(): string {
  let code = '';
  for (let n = 0; n < USER_CODE_CHARS; n++) code += LETTERS[randomInt(LETTERS.length)];
  return shownUserCode(code);
}

const shownUserCode = (letters: string): string => `${letters.slice(0, 4)}-${letters.slice(4)}`;

/** A typed code in the form it is shown in, whatever its case and its gaps; null when it is none. */
export function parseUserCode(typed: string): string | null {
  const letters = typed.toUpperCase().replace(/[\s-]/g, '');
  const whole =
    letters.length === USER_CODE_CHARS && [...letters].every((c) => LETTERS.includes(c));
  return whole ? shownUserCode(letters) : null;
}

export const isDeviceCode = (text: string): boolean => DEVICE_CODE.test(text);

/** What is stored of either code: SHA-256, 32 bytes. */
export function hashCode(code: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(code).digest());
}
