import { describe, expect, it } from 'vitest';
import { ScryptHasher } from '~/server/auth/scrypt-hasher';
import { expectDisplayName } from '~/server/services/check-display-name';
import { checkHandle, handlesFrom } from '~/server/services/check-handle';
import { expectGoodPassword } from '~/server/services/check-password';

const problemOf = (act: () => unknown): unknown => {
  try {
    act();
    return null;
  } catch (error) {
    return (error as { detail: { problem: string } }).detail.problem;
  }
};

describe('a handle', () => {
  it('has letters, digits and single hyphens between them', () => {
    for (const good of ['a', 'Ada', 'x9', 'ada-lovelace', '1-2-3', 'a'.repeat(39)]) {
      expect(checkHandle(good), good).toBeNull();
    }
    const bad = ['', '-a', 'a-', 'a--b', 'a b', 'a.b', 'a_b', 'é', 'а', 'a\n', 'a/b', '..', '@a'];
    for (const handle of [...bad, 'a'.repeat(40)]) {
      expect(checkHandle(handle), handle).toBe('handle-shape');
    }
  });

  it('is not one of a page, in any case', () => {
    for (const taken of ['api', 'LOGIN', 'Settings', 'admin', 'join', 'health']) {
      expect(checkHandle(taken), taken).toBe('handle-reserved');
    }
  });

  it('is made from any name, and another one when it is taken', () => {
    const first = (name: string) => handlesFrom(name).next().value as string;
    const names = [
      'Ada Lovelace',
      'admin',
      '',
      '日本',
      'ada@example.org',
      '--x--',
      'é'.repeat(200),
    ];
    for (const name of names) {
      const made = [...handlesFrom(name)];
      expect(made.length).toBeGreaterThan(10);
      for (const handle of made) expect(checkHandle(handle), `${name}: ${handle}`).toBeNull();
      expect(new Set(made).size).toBe(made.length);
    }
    expect(first('Ada Lovelace')).toBe('Ada-Lovelace');
    expect(first('Élan')).toBe('E-lan');
    expect(first('admin')).toBe('admin-2');
    expect(first('日本')).toBe('person');
  });
});

describe('a name to show', () => {
  it('is one line without characters that turn or hide text', () => {
    expect(expectDisplayName('  Ada Lovelace ✨ ')).toBe('Ada Lovelace ✨');
    expect(expectDisplayName('')).toBe('');
    for (const bad of ['a\nb', 'a\0', 'a\u202eb', 'a\u2028b', 'x'.repeat(101)]) {
      expect(problemOf(() => expectDisplayName(bad))).toBe('name-shape');
    }
  });
});

describe('a password', () => {
  const problem = (password: string, handle = 'ada') =>
    problemOf(() => expectGoodPassword(password, handle));

  it('may be anything long enough', () => {
    for (const good of [
      ...['correct horse battery', 'ünï¢ödé-wörds!', '木火土金水木火土金水日月', 'q7#Lm2$Wz9!p'],
      ...['x'.repeat(5) + 'y'.repeat(1019), 'the ada of old times', '7294 0183 5561'],
    ]) {
      expect(problem(good), good).toBeNull();
    }
  });

  it('is counted in characters, and bounded in bytes', () => {
    expect(problem('eleven char')).toBe('password-short');
    expect(problem('𝒳𝒴𝒵𝒳𝒴𝒵')).toBe('password-short');
    expect(problem('q'.repeat(9) + 'ö'.repeat(508))).toBe('password-long');
  });

  it('is none of those that are guessed first', () => {
    for (const bad of [
      ...['password1234', 'P@ssw0rd2024!', 'qwertyuiop12', '123456789012', 'aaaaaaaaaaaa'],
      ...['abcabcabcabc', 'abcdefghijkl', '210987654321', 'letmein!letmein!'],
      ...['Administrator', 'iloveyou2026!!', '!!!welcome!!!', 'zyxwvutsrqpo'],
    ]) {
      expect(problem(bad), bad).toBe('password-common');
    }
    expect(problem('lovelace1815!', 'Lovelace')).toBe('password-common');
    expect(problem('lovelace1815!', 'ada')).toBeNull();
  });
});

describe('hashes of passwords', () => {
  const cheap = () => new ScryptHasher({ ln: 4, r: 8, p: 1 });

  it('are right for their password only, and never the same twice', async () => {
    const hasher = cheap();
    const [one, two] = [await hasher.hash('pass ö word'), await hasher.hash('pass ö word')];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^scrypt\$ln=4,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await hasher.verify('pass ö word', one)).toEqual({ right: true, stale: false });
    expect(await hasher.verify('pass o\u0308 word', one)).toMatchObject({ right: true });
    expect(await hasher.verify('pass o word', one)).toEqual({ right: false, stale: false });
    expect(await hasher.verify('pass ö word', null)).toEqual({ right: false, stale: false });
  });

  it('made with less than today are stale once they were right', async () => {
    const old = await cheap().hash('a long password');
    const today = new ScryptHasher({ ln: 5, r: 8, p: 1 });
    expect(await today.verify('a long password', old)).toEqual({ right: true, stale: true });
    expect(await today.verify('a long passw0rd', old)).toEqual({ right: false, stale: false });
  });

  it('cost 128 MiB each unless said otherwise', async () => {
    expect(await new ScryptHasher().hash('x')).toMatch(/^scrypt\$ln=17,r=8,p=1\$/);
  });

  it('are made a few at a time; who comes when many wait is sent away for a while', async () => {
    const hasher = new ScryptHasher({ ln: 12, r: 8, p: 1 });
    const all = await Promise.allSettled(Array.from({ length: 60 }, () => hasher.hash('x')));
    const refused = all.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused).toHaveLength(60 - 42);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ code: 'rate-limited', detail: { retry_after_s: 10 } });
    }
    expect(await hasher.verify('x', await hasher.hash('x'))).toMatchObject({ right: true });
  });

  it('that cannot be read are a fault', async () => {
    await expect(cheap().verify('x', 'md5$abc')).rejects.toThrow('cannot be read');
  });
});
