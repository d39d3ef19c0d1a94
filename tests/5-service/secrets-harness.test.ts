import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newToken } from '~/server/auth/token-text';
import { rememberSecret, secretsIn } from '~tests/support/secrets';

describe('the search for secrets in logs', () => {
  it('finds any access token and any session, without being told of it', () => {
    const [person, agent] = [newToken('human'), newToken('agent')];
    const session = `eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..${randomBytes(20).toString('hex')}`;
    const log = `{"level":"info"}\n{"path":"/x?token=${person}"}\ncookie ${session}\n${agent}`;
    const found = secretsIn(log);
    expect(found).toHaveLength(3);
    expect(found[0]).toBe('an access token: {"path":"/x?token=[here]"}');
    expect(found.join('\n')).not.toContain(person);
  });

  it('finds what it was told', () => {
    const password = `correct horse ${randomBytes(8).toString('hex')}`;
    expect(secretsIn(`tried ${password}`)).toEqual([]);
    rememberSecret('a password', password);
    expect(secretsIn(`tried ${password}`)).toEqual(['a password: tried [here]']);
  });

  it('takes masked tokens, and what only looks like one, for none', () => {
    const token = newToken('human');
    const mistyped = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
    expect(secretsIn(`muse_pat_••• ${mistyped} muse_pat_ ${token.slice(0, 30)}`)).toEqual([]);
  });
});
