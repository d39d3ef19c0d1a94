/** Bytes of a branch name (docs/protocol.md §6). */
export const BRANCH_NAME_MAX_BYTES = 255;

const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Checks a branch name: git's rules for `refs/heads/<name>` and for branches (docs/protocol.md §6).
 * The one validator of server and client.
 *
 * @returns why it is refused, as the end of a sentence ("the branch name …"), or null when it is
 * allowed.
 */
export function checkBranchName(name: string): string | null {
  if (name.length === 0) return 'is empty';
  if (FORBIDDEN.test(name)) return 'holds a space, a control character or one of ~ ^ : ? * [ \\';
  if (LONE_SURROGATE.test(name)) return 'is not valid Unicode text';
  if (Buffer.byteLength(name, 'utf8') > BRANCH_NAME_MAX_BYTES)
    return `is longer than ${BRANCH_NAME_MAX_BYTES} bytes`;
  if (name === '@') return 'is "@"';
  if (name === 'HEAD') return 'is "HEAD"';
  if (name.startsWith('-')) return 'begins with "-"';
  if (name.endsWith('.')) return 'ends with "."';
  if (name.includes('..')) return 'holds ".."';
  if (name.includes('@{')) return 'holds "@{"';
  for (const part of name.split('/')) {
    if (part.length === 0) return 'begins or ends with a slash, or has two in a row';
    if (part.startsWith('.')) return 'has a part that begins with "."';
    if (part.endsWith('.lock')) return 'has a part that ends with ".lock"';
  }
  return null;
}
