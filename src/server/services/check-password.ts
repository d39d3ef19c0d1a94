import { PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS } from './account-limits';
import { type AccountProblem, accountRefusal } from './account-problem';

/** What everybody tries first, long enough to pass otherwise; digits and marks behind do not help. */
const COMMON = new Set(
  `abcdefghijkl adminadmin administrator asdfghjkl asdfghjklzxcvbnm baseball basketball changeme
  charlie chocolate computer correcthorsebatterystaple defaultpassword dragon football freedom
  hunter iloveyou iloveyouforever internet jordan letmein letmeinplease login loveyou master
  michael monkey musehub mypassword newpassword nopassword passphrase passw passwd password
  passwordpassword pokemon princess qazwsxedc qazwsxedcrfv qwerty qwertyqwerty qwertyui qwertyuiop
  qwertyuiopasdfghjkl qwertz qwertzuiop rootroot samsung secret shadow starwars summer sunshine
  superman superuser supersecret temp temporary test testtest thisismypassword trustno trustnoone
  unknown user welcome welcomehome whatever winter yourpassword zaqwsx zxcvbn zxcvbnm`.split(/\s+/),
);
const ROWS = ['01234567890123456789', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm'];
/** `abcabcabcabc`: a piece of so many characters, over and over. */
const PIECE_MAX_CHARS = 4;

/**
 * A password that may be set. Throws `Refusal` for one that is too short or too long, or that is
 * guessed within the first tries.
 *
 * @param handle of the account, which is no password for it
 */
export function expectGoodPassword(password: string, handle: string): void {
  const problem = problemOf(password, handle);
  if (problem !== null) throw accountRefusal(problem);
}

function problemOf(password: string, handle: string): AccountProblem | null {
  if ([...password.normalize('NFKC')].length < PASSWORD_MIN_CHARS) return 'password-short';
  if (Buffer.byteLength(password) > PASSWORD_MAX_BYTES) return 'password-long';
  return isGuessable(password.toLowerCase(), handle.toLowerCase()) ? 'password-common' : null;
}

function isGuessable(password: string, handle: string): boolean {
  const word = password.replace(/^[^a-z]+|[^a-z]+$/g, '');
  const spelt = word
    .replace(/[@4]/g, 'a')
    .replace(/0/g, 'o')
    .replace(/[$5]/g, 's')
    .replace(/3/g, 'e')
    .replace(/[1!]/g, 'i');
  for (const text of [word, spelt]) {
    const letters = text.replace(/[^a-z]/g, '');
    const half = letters.slice(0, letters.length / 2);
    if (COMMON.has(letters) || (half + half === letters && COMMON.has(half))) return true;
  }
  const beside = password.replaceAll(handle, '');
  if (beside.length < password.length && /^[^a-z]*$/.test(beside)) return true;
  for (let length = 1; length <= PIECE_MAX_CHARS; length++) {
    const piece = password.slice(0, length);
    if (piece.repeat(Math.ceil(password.length / length)).startsWith(password)) return true;
  }
  const backwards = [...password].reverse().join('');
  return ROWS.some((row) => row.includes(password) || row.includes(backwards));
}
