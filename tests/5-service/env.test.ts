import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationOf, readEnv, unknownVariables, variableNames } from '~/server/env';
import { Misconfiguration } from '~/server/misconfiguration';
import { DEFAULT_LIMITS } from '~/wire/limits';

const S3 = {
  MUSEHUB_STORAGE: 's3',
  S3_ENDPOINT: 'https://s3.example.org',
  S3_BUCKET: 'hub',
  S3_ACCESS_KEY_ID: 'key',
  S3_SECRET_ACCESS_KEY: 'very-secret',
};
const read = (variables: Record<string, string>) => readEnv(variables, '/srv/hub');

function sentenceFor(variables: Record<string, string>): string {
  try {
    read(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(Misconfiguration);
    return (error as Misconfiguration).message;
  }
  throw new Error('nothing was wrong with it');
}

describe('the configuration', () => {
  it('needs no variable at all', () => {
    expect(read({})).toMatchObject({
      port: 3000,
      host: undefined,
      url: 'http://localhost:3000',
      dataFolder: '/srv/hub/.musehub',
      databaseUrl: undefined,
      storage: { kind: 'local' },
      limits: DEFAULT_LIMITS,
      logLevel: 'info',
      shutdownMaxMs: 60_000,
    });
  });

  it('takes an empty variable for an absent one', () => {
    expect(read({ PORT: '', DATABASE_URL: '', MUSEHUB_LIMIT_MAX_OBJECTS: '' })).toEqual(read({}));
  });

  it('follows the port in the address, unless that is given', () => {
    expect(read({ PORT: '8080' }).url).toBe('http://localhost:8080');
    expect(read({ PORT: '8080', MUSEHUB_URL: 'https://hub.example.org/' }).url).toBe(
      'https://hub.example.org',
    );
  });

  it('takes the data folder from where it was started', () => {
    expect(read({ MUSEHUB_DATA: 'data' }).dataFolder).toBe(path.resolve('/srv/hub/data'));
    expect(read({ MUSEHUB_DATA: '/var/lib/hub' }).dataFolder).toBe('/var/lib/hub');
  });

  it('reads an object storage', () => {
    expect(read(S3).storage).toEqual({
      kind: 's3',
      endpoint: 'https://s3.example.org',
      bucket: 'hub',
      region: 'us-east-1',
      accessKeyId: 'key',
      secretAccessKey: 'very-secret',
    });
  });

  it('reads the other sites whose sign-in is taken', () => {
    expect(read({}).logins).toEqual({ github: null, oidc: null });
    const github = { MUSEHUB_GITHUB_ID: 'g', MUSEHUB_GITHUB_SECRET: 's' };
    const oidc = { MUSEHUB_OIDC_ISSUER: 'https://id.example/', MUSEHUB_OIDC_ID: 'o' };
    expect(read({ ...github, ...oidc, MUSEHUB_OIDC_SECRET: 't' }).logins).toEqual({
      github: { url: 'https://github.com', id: 'g', secret: 's' },
      oidc: { issuer: 'https://id.example', id: 'o', secret: 't', name: 'id.example' },
    });
    const local = { MUSEHUB_OIDC_ISSUER: 'http://127.0.0.1:8080', MUSEHUB_OIDC_NAME: 'Ours' };
    expect(read({ ...oidc, ...local, MUSEHUB_OIDC_SECRET: 't' }).logins.oidc?.name).toBe('Ours');
  });

  it('lets an operator set every limit', () => {
    const set = Object.keys(DEFAULT_LIMITS).map((key, n) => [
      `MUSEHUB_LIMIT_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
      String(n + 1),
    ]);
    const limits = read(Object.fromEntries(set)).limits;
    expect(Object.values(limits)).toEqual(Object.keys(DEFAULT_LIMITS).map((_, n) => n + 1));
  });

  it('believes the proxies that are named, in both families', () => {
    const { trustedProxies } = read({ MUSEHUB_TRUSTED_PROXIES: '10.0.0.0/8, ::1' });
    expect(trustedProxies.check('10.1.2.3', 'ipv4')).toBe(true);
    expect(trustedProxies.check('11.1.2.3', 'ipv4')).toBe(false);
    expect(trustedProxies.check('::1', 'ipv6')).toBe(true);
  });
});

describe('a wrong variable is named with what to do:', () => {
  it.each<[string, Record<string, string>]>([
    ['PORT', { PORT: 'http' }],
    ['PORT', { PORT: '0' }],
    ['PORT', { PORT: '65536' }],
    ['PORT', { PORT: '3000.5' }],
    ['MUSEHUB_URL', { MUSEHUB_URL: 'hub.example.org' }],
    ['MUSEHUB_URL', { MUSEHUB_URL: 'https://hub.example.org/muse' }],
    ['MUSEHUB_URL', { MUSEHUB_URL: 'ftp://hub.example.org' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/hub' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://[' }],
    ['MUSEHUB_DATABASE_CONNECTIONS', { MUSEHUB_DATABASE_CONNECTIONS: '1' }],
    ['MUSEHUB_STORAGE', { MUSEHUB_STORAGE: 'ftp' }],
    ['S3_ENDPOINT', { ...S3, S3_ENDPOINT: '' }],
    ['S3_BUCKET', { ...S3, S3_BUCKET: '' }],
    ['S3_ACCESS_KEY_ID', { ...S3, S3_ACCESS_KEY_ID: '' }],
    ['S3_SECRET_ACCESS_KEY', { ...S3, S3_SECRET_ACCESS_KEY: '' }],
    ['NEXTAUTH_SECRET', { NEXTAUTH_SECRET: 'short' }],
    ['MUSEHUB_GITHUB_SECRET', { MUSEHUB_GITHUB_ID: 'x' }],
    ['MUSEHUB_GITHUB_ID', { MUSEHUB_GITHUB_SECRET: 'x' }],
    ['MUSEHUB_OIDC_ISSUER', { MUSEHUB_OIDC_ID: 'x', MUSEHUB_OIDC_SECRET: 'y' }],
    ['MUSEHUB_OIDC_SECRET', { MUSEHUB_OIDC_ISSUER: 'https://id.example', MUSEHUB_OIDC_ID: 'x' }],
    ['MUSEHUB_OIDC_ISSUER', { MUSEHUB_OIDC_ISSUER: 'http://id.example' }],
    ['MUSEHUB_LOG_LEVEL', { MUSEHUB_LOG_LEVEL: 'loud' }],
    ['MUSEHUB_TRUSTED_PROXIES', { MUSEHUB_TRUSTED_PROXIES: '10.0.0.0/33' }],
    ['MUSEHUB_TRUSTED_PROXIES', { MUSEHUB_TRUSTED_PROXIES: 'proxy.example.org' }],
    ['MUSEHUB_LIMIT_MAX_OBJECTS', { MUSEHUB_LIMIT_MAX_OBJECTS: '-1' }],
    ['MUSEHUB_LIMIT_MAX_COMMITS', { MUSEHUB_LIMIT_MAX_COMMITS: 'many' }],
    ['MUSEHUB_SHUTDOWN_SECONDS', { MUSEHUB_SHUTDOWN_SECONDS: '0' }],
  ])('%s (%o)', (name, variables) => {
    const sentence = sentenceFor(variables);
    expect(sentence).toContain(name);
    expect(sentence).toMatch(/; .+\.$/);
    expect(sentence).not.toContain('\n');
  });

  it('but never with a secret', () => {
    expect(sentenceFor({ NEXTAUTH_SECRET: 'my-short-secret' })).not.toContain('my-short-secret');
    expect(sentenceFor({ DATABASE_URL: 'mysql://u:hunter22@h/d' })).not.toContain('hunter22');
  });

  it('and a misspelt one is found', () => {
    const source = { MUSEHUB_DATA: 'x', MUSEHUB_STORGE: 's3', MUSEHUB_LIMIT_MAX_OBJECTS: '1' };
    expect(unknownVariables({ ...source, PATH: '/bin' })).toEqual(['MUSEHUB_STORGE']);
    expect(
      unknownVariables(Object.fromEntries(variableNames().map((name) => [name, '1']))),
    ).toEqual([]);
  });

  it('is shown as it works now, without what is secret', () => {
    const lines = (source: Record<string, string>) =>
      new Map(configurationOf(source).map(({ name, ...line }) => [name, line]));
    const bare = lines({ PORT: '4000' });
    expect([...bare.keys()]).toEqual(variableNames());
    expect(bare.get('PORT')).toEqual({ value: '4000', given: true });
    expect(bare.get('MUSEHUB_URL')).toEqual({ value: 'http://localhost:4000', given: false });
    expect(bare.get('MUSEHUB_TOKEN_DAYS_MAX')).toEqual({ value: '366', given: false });
    expect(bare.get('NEXTAUTH_SECRET')).toEqual({ value: null, given: false });
    const secret = 'x'.repeat(40);
    const secrets = {
      NEXTAUTH_SECRET: secret,
      S3_ACCESS_KEY_ID: secret,
      S3_SECRET_ACCESS_KEY: secret,
      DATABASE_URL: `postgresql://hub:${secret}@db/hub`,
      MUSEHUB_OIDC_SECRET: secret,
      MUSEHUB_GITHUB_SECRET: secret,
      MUSEHUB_LIMIT_MAX_OBJECTS: '5',
    };
    const shown = lines(secrets);
    expect(JSON.stringify([...shown])).not.toContain(secret);
    for (const name of Object.keys(secrets).slice(0, -1)) {
      expect(shown.get(name), name).toEqual({ value: '•••', given: true });
    }
    expect(shown.get('MUSEHUB_LIMIT_MAX_OBJECTS')).toEqual({ value: '5', given: true });
  });
});
