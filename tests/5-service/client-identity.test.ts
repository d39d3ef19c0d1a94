import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ClientError } from '~/client/client-error';
import {
  hubName,
  identityFile,
  knownHubs,
  loadIdentity,
  removeIdentity,
  saveIdentity,
} from '~/client/identity';
import { isOpenToReaders, parseAddress, parseHub } from '~/client/remote-address';
import { editTable, findTable, parseToml, removeTable, TomlProblem, textOf } from '~/client/toml';
import { tempFolder } from '~tests/support/muse-fixtures';

const hub = new URL('http://localhost:3000');
const mode = (file: string) => statSync(file).mode & 0o777;

describe('the identity file', () => {
  it('is made readable by its owner alone, in a folder that is too', () => {
    const file = identityFile(tempFolder());
    expect(loadIdentity(file, hub)).toBeNull();
    saveIdentity(file, hub, { type: 'human', name: 'ada', token: 'muse_pat_1' });
    expect(mode(file)).toBe(0o600);
    expect(mode(path.dirname(file))).toBe(0o700);
    expect(readFileSync(file, 'utf8')).toBe(
      '["localhost:3000"]\ntype = "human"\nname = "ada"\ntoken = "muse_pat_1"\nurl = "http://localhost:3000"\n',
    );
    expect(loadIdentity(file, new URL('http://LOCALHOST:3000/x/y'))).toEqual({
      type: 'human',
      name: 'ada',
      token: 'muse_pat_1',
    });
    expect(loadIdentity(file, new URL('http://localhost:3001'))).toBeNull();
  });

  it('keeps the identities of other hubs, as another program wrote them', () => {
    const file = identityFile(tempFolder());
    mkdirSync(path.dirname(file));
    const theirs =
      '["musehub.ai"]\ntype = "agent"\nname = "composer \\"v2\\""\nid = "agt_1"\ntoken = "eyJ\\\\x"\ncapabilities = ["read:*", "commit"]\n';
    writeFileSync(file, theirs, { mode: 0o644 });
    saveIdentity(file, hub, { type: 'human', name: 'ada', token: 'one' });
    saveIdentity(file, hub, { type: 'agent', name: 'bot', token: 'two' });
    const text = readFileSync(file, 'utf8');
    expect(text.startsWith(theirs)).toBe(true);
    expect(text).not.toContain('one');
    expect(mode(file)).toBe(0o600);
    expect(loadIdentity(file, new URL('https://musehub.ai'))).toEqual({
      type: 'agent',
      name: 'composer "v2"',
      id: 'agt_1',
      token: 'eyJ\\x',
    });
    // Another token may do other things than the list of the one before says.
    saveIdentity(file, new URL('https://musehub.ai'), { type: 'human', name: 'a', token: 't' });
    expect(readFileSync(file, 'utf8')).not.toContain('capabilities');
    expect(removeIdentity(file, hub)).toBe(true);
    expect(removeIdentity(file, hub)).toBe(false);
    expect(loadIdentity(file, new URL('https://musehub.ai'))?.token).toBe('t');
  });

  it('tells the hubs that one is signed in to, with their addresses', () => {
    const file = identityFile(tempFolder());
    expect(knownHubs(file)).toEqual([]);
    mkdirSync(path.dirname(file));
    const token = 'token = "t"\n';
    writeFileSync(
      file,
      `["musehub.ai"]\n${token}["localhost:99"]\n${token}["no token"]\nname = "x"\n`,
    );
    saveIdentity(file, new URL('http://hub.lan:8080'), { type: 'human', name: 'ada', token: 'x' });
    expect(knownHubs(file).map(({ origin }) => origin)).toEqual([
      'https://musehub.ai',
      'http://localhost:99',
      'http://hub.lan:8080',
    ]);
  });

  it('is never written through a symbolic link', () => {
    const home = tempFolder();
    const file = identityFile(home);
    mkdirSync(path.dirname(file));
    writeFileSync(path.join(home, 'target'), '');
    symlinkSync(path.join(home, 'target'), file);
    const save = () => saveIdentity(file, hub, { type: 'human', name: 'ada', token: 'secret' });
    expect(save).toThrow(ClientError);
    expect(readFileSync(path.join(home, 'target'), 'utf8')).toBe('');
  });

  it('that cannot be read is left alone, and no part of it is shown', () => {
    const file = identityFile(tempFolder());
    mkdirSync(path.dirname(file));
    writeFileSync(file, '["a"]\ntoken = "muse_pat_secret\n');
    for (const work of [
      () => loadIdentity(file, hub),
      () => saveIdentity(file, hub, { type: 'human', name: 'ada', token: 'x' }),
    ]) {
      expect(work).toThrow(/line 2/);
      expect(work).not.toThrow(/secret/);
    }
    expect(readFileSync(file, 'utf8')).toContain('muse_pat_secret');
  });
});

describe('TOML', () => {
  it('is read as far as the public CLI writes it', () => {
    const tables = parseToml(
      'a = 1\n[x."y.z".w] # c\n"k" = "v\\n\\u00e9\\U0001F600"\nb = [ "1", # one\n  "2",\n]\nc = true\r\nd = \'lit\\eral\'\ne.f = -3',
    );
    const table = findTable(tables, ['x', 'y.z', 'w']);
    expect(textOf(table, 'k')).toBe('v\né😀');
    expect(textOf(table, 'd')).toBe('lit\\eral');
    expect(table?.pairs.map(({ key, value }) => [key, value]).slice(1)).toEqual([
      ['b', ['1', '2']],
      ['c', true],
      ['d', 'lit\\eral'],
      ['e.f', -3],
    ]);
  });

  it.each([
    'a',
    'a = ',
    '[a',
    'a = """x"""',
    'a = 1 b',
    'a = "\\q"',
    '= 1',
    'a = [1',
    'a = 1.5',
    "a = 'x",
  ])('that is broken, or not read here, is refused: %s', (text) => {
    expect(() => parseToml(text)).toThrow(TomlProblem);
  });

  it('is changed in one place only', () => {
    const text = '[a]\nx = 1 # one\ny = "2"\n# end of a\n\n[b]\nx = 3';
    expect(editTable(text, ['a'], { x: 'new', z: true })).toBe(
      '[a]\nx = "new"\ny = "2"\nz = true\n# end of a\n\n[b]\nx = 3\n',
    );
    expect(editTable(text, ['b'], { x: null, y: 4 })).toBe(
      '[a]\nx = 1 # one\ny = "2"\n# end of a\n\n[b]\ny = 4\n',
    );
    expect(editTable('', ['a b'], { k: '"\\\n' })).toBe('["a b"]\nk = "\\"\\\\\\n"\n');
    expect(removeTable(text, ['a'])).toBe('[b]\nx = 3');
  });
});

describe('an address', () => {
  it('names a hub, an owner and a repository', () => {
    expect(parseAddress('http://localhost:3000/ada/demo/')).toMatchObject({
      owner: 'ada',
      slug: 'demo',
      url: 'http://localhost:3000/ada/demo',
    });
    expect(hubName(parseHub('HTTPS://Hub.Example/'))).toBe('hub.example');
    for (const text of [
      'ftp://x/a/b',
      'http://x/a',
      'http://x/a/b/c',
      'http://x/a/b?q',
      'http://u:p@x/a/b',
      'nonsense',
    ]) {
      expect(() => parseAddress(text), text).toThrow(ClientError);
    }
    expect(() => parseHub('http://x/a')).toThrow(/not the address of a hub/);
  });

  it('is open to readers when it is plain HTTP to another machine', () => {
    const open = (text: string) => isOpenToReaders(new URL(text));
    expect(
      ['http://hub.example', 'http://192.168.0.9:3000', 'http://localhost.example'].map(open),
    ).toEqual([true, true, true]);
    expect(
      ['https://hub.example', 'http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:80'].map(
        open,
      ),
    ).toEqual([false, false, false, false]);
  });
});
