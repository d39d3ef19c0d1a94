/** What a token's scopes let it do, in words; the widest one says it all. */
export function scopeWords(scopes: string[]): string {
  if (scopes.includes('admin')) return 'read, push, and manage repositories and tokens';
  return scopes.includes('write') ? 'read and push' : 'read only';
}
