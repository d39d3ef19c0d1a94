import net from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { DEFAULT_LIMITS, type Limits } from '~/wire/limits';
import { Misconfiguration } from './misconfiguration';

/**
 * The configuration: everything the hub takes from its environment, read once and checked
 * (docs/operating.md lists the variables for operators).
 */
export interface Env {
  port: number;
  /** The address to listen on; undefined: all of them. */
  host: string | undefined;
  /** The hub's public address, without a trailing slash. */
  url: string;
  /** Absolute. */
  dataFolder: string;
  /** undefined: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Connections that one process opens at most. */
  databaseConnectionsMax: number;
  storage: { kind: 'local' } | ({ kind: 's3' } & S3Settings);
  /** undefined: made on the first start and kept in the data folder. */
  sessionSecret: string | undefined;
  limits: Limits;
  /** Days that a new access token may be valid at most. */
  tokenDaysMax: number;
  /** Bytes of objects, as they are stored, that one repository may have; null: no bound. */
  repoQuotaBytes: number | null;
  /** Other sites whose sign-in is taken. */
  logins: LoginSettings;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Requests in a minute of one token, account and anonymous address; 0: no limit. */
  requestLimits: { perToken: number; perAccount: number; perAddress: number };
  /** Peers whose X-Forwarded-For is believed. */
  trustedProxies: net.BlockList;
  /** How long requests in flight may go on after SIGTERM. */
  shutdownMaxMs: number;
}

export interface LoginSettings {
  github: { url: string; id: string; secret: string } | null;
  oidc: { issuer: string; id: string; secret: string; name: string } | null;
}

export interface S3Settings {
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

type Variables = Record<string, string | undefined>;

const text = z.string().trim().min(1, 'is empty');
const count = (least: number, most: number) =>
  z
    .string()
    .trim()
    .refine(
      (value) => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most,
      `must be a whole number from ${least} to ${most}`,
    )
    .transform(Number);
const httpUrl = text.refine((value) => {
  const url = URL.canParse(value) ? new URL(value) : null;
  return url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.search;
}, 'must be an address such as https://hub.example.org');

/** Secrets travel to it: only this machine may be spoken to in the clear. */
const siteUrl = httpUrl
  .refine((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    return (
      url?.protocol !== 'http:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
    );
  }, 'must begin with https')
  .transform((value) => value.replace(/\/$/, ''));

/** A pebibyte. */
const REPO_QUOTA_CEILING = 2 ** 50;

const variables = z.object({
  PORT: count(1, 65_535).default(3000),
  HOST: text.optional(),
  MUSEHUB_URL: httpUrl
    .refine(
      (value) => !URL.canParse(value) || new URL(value).pathname === '/',
      'must not have a path',
    )
    .optional(),
  MUSEHUB_DATA: text.default('.musehub'),
  DATABASE_URL: text
    .refine(
      (value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value),
      'must be an address such as postgresql://user:password@host:5432/musehub',
    )
    .optional(),
  MUSEHUB_DATABASE_CONNECTIONS: count(3, 1_000).default(20),
  MUSEHUB_STORAGE: z.enum(['local', 's3'], 'must be "local" or "s3"').default('local'),
  S3_ENDPOINT: httpUrl.optional(),
  S3_BUCKET: text.optional(),
  S3_REGION: text.default('us-east-1'),
  S3_ACCESS_KEY_ID: text.optional(),
  S3_SECRET_ACCESS_KEY: text.optional(),
  NEXTAUTH_SECRET: z
    .string()
    .min(32, 'must be at least 32 characters long; `openssl rand -hex 32` makes a good one')
    .optional(),
  MUSEHUB_TOKEN_DAYS_MAX: count(1, 3_660).default(366),
  MUSEHUB_REPO_QUOTA_BYTES: count(1, REPO_QUOTA_CEILING).optional(),
  MUSEHUB_GITHUB_URL: siteUrl.default('https://github.com'),
  MUSEHUB_GITHUB_ID: text.optional(),
  MUSEHUB_GITHUB_SECRET: text.optional(),
  MUSEHUB_OIDC_ISSUER: siteUrl.optional(),
  MUSEHUB_OIDC_ID: text.optional(),
  MUSEHUB_OIDC_SECRET: text.optional(),
  MUSEHUB_OIDC_NAME: text
    .refine((name) => name.length <= 40, 'must be at most 40 characters')
    .optional(),
  MUSEHUB_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'], 'must be "debug", "info", "warn" or "error"')
    .default('info'),
  MUSEHUB_REQUESTS_PER_TOKEN: count(0, 10_000_000).default(12_000),
  MUSEHUB_REQUESTS_PER_ACCOUNT: count(0, 10_000_000).default(24_000),
  MUSEHUB_REQUESTS_PER_ADDRESS: count(0, 10_000_000).default(3_000),
  MUSEHUB_TRUSTED_PROXIES: z
    .string()
    .refine(
      (value) => networksOf(value).every((network) => network !== null),
      'must be addresses or networks with commas between, such as 127.0.0.1, 10.0.0.0/8',
    )
    .default(''),
  MUSEHUB_SHUTDOWN_SECONDS: count(1, 3_600).default(60),
});

/** What an operator may set a limit to at most; `MUSEHUB_LIMIT_MAX_OBJECTS` sets `maxObjects`. */
const LIMIT_CEILING = 2 ** 40;

/**
 * Reads the configuration. Throws `Misconfiguration` that names the first wrong variable, what is
 * wrong with it and what to do. An empty variable counts as absent.
 */
export function readEnv(source: Variables, workingFolder: string): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    throw wrong(name, given[name], issue?.message ?? 'is wrong');
  }
  const set = parsed.data;
  return {
    port: set.PORT,
    host: set.HOST,
    url: new URL(set.MUSEHUB_URL ?? `http://localhost:${set.PORT}`).origin,
    dataFolder: path.resolve(workingFolder, set.MUSEHUB_DATA),
    databaseUrl: set.DATABASE_URL,
    databaseConnectionsMax: set.MUSEHUB_DATABASE_CONNECTIONS,
    storage: storageOf(set),
    sessionSecret: set.NEXTAUTH_SECRET,
    limits: limitsOf(given),
    tokenDaysMax: set.MUSEHUB_TOKEN_DAYS_MAX,
    repoQuotaBytes: set.MUSEHUB_REPO_QUOTA_BYTES ?? null,
    logins: loginsOf(set),
    logLevel: set.MUSEHUB_LOG_LEVEL,
    requestLimits: {
      perToken: set.MUSEHUB_REQUESTS_PER_TOKEN,
      perAccount: set.MUSEHUB_REQUESTS_PER_ACCOUNT,
      perAddress: set.MUSEHUB_REQUESTS_PER_ADDRESS,
    },
    trustedProxies: blockListOf(set.MUSEHUB_TRUSTED_PROXIES),
    shutdownMaxMs: set.MUSEHUB_SHUTDOWN_SECONDS * 1000,
  };
}

/** Variables of the command line program, the build and the tests. */
const OF_OTHERS = ['MUSEHUB_TOKEN', 'MUSEHUB_BUILD', 'MUSEHUB_FIXTURES'];

/** The MUSEHUB_* variables that mean nothing here: misspelt ones, most of the time. */
export function unknownVariables(source: Variables): string[] {
  const known = new Set([...variableNames(), ...OF_OTHERS]);
  return Object.keys(source)
    .filter((name) => name.startsWith('MUSEHUB_') && !known.has(name))
    .sort();
}

/** Every variable that is read, for the documentation's test. */
export function variableNames(): string[] {
  return [...Object.keys(variables.shape), ...limitNames().keys()];
}

/** What is never shown of a variable's value: secrets, and addresses that may hold a password. */
const SECRET = /SECRET|PASSWORD|KEY|DATABASE_URL/;

/**
 * Every variable with the value that works now: the environment's or the default, secrets masked.
 *
 * Throws `Misconfiguration` as `readEnv`.
 */
export function configurationOf(source: Variables): {
  name: string;
  value: string | null;
  given: boolean;
}[] {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const limits = limitsOf(given);
  const working = new Map<string, unknown>(Object.entries(variables.parse(given)));
  for (const [name, key] of limitNames()) working.set(name, limits[key]);
  if (!given.MUSEHUB_URL) working.set('MUSEHUB_URL', `http://localhost:${working.get('PORT')}`);
  return variableNames().map((name) => {
    const value = working.get(name);
    const shown = value === undefined ? null : SECRET.test(name) ? MASK : String(value);
    return { name, value: shown, given: given[name] !== undefined };
  });
}

const MASK = '•••';

function wrong(name: string, value: string | undefined, problem: string): Misconfiguration {
  const secret = /SECRET|PASSWORD|DATABASE_URL/.test(name);
  const shown = value === undefined ? '' : secret ? ' (its value is not shown)' : ` "${value}"`;
  return new Misconfiguration(`${name}${shown} ${problem}; set it right and start again.`);
}

type Set = z.output<typeof variables>;

/** A variable that others make necessary. */
function needed(set: Set, name: keyof Set, by: string): string {
  const value = set[name];
  if (typeof value === 'string') return value;
  throw new Misconfiguration(`${name} is missing; ${by} needs it.`);
}

function loginsOf(set: Set): LoginSettings {
  const { MUSEHUB_GITHUB_ID, MUSEHUB_GITHUB_SECRET, MUSEHUB_GITHUB_URL: url } = set;
  const { MUSEHUB_OIDC_ISSUER, MUSEHUB_OIDC_ID, MUSEHUB_OIDC_SECRET } = set;
  const github = MUSEHUB_GITHUB_ID ?? MUSEHUB_GITHUB_SECRET;
  const oidc = MUSEHUB_OIDC_ISSUER ?? MUSEHUB_OIDC_ID ?? MUSEHUB_OIDC_SECRET;
  const need = (name: keyof Set, site: string) => needed(set, name, `the sign-in of ${site}`);
  return {
    github:
      github === undefined
        ? null
        : {
            ...{ url, id: need('MUSEHUB_GITHUB_ID', 'GitHub') },
            secret: need('MUSEHUB_GITHUB_SECRET', 'GitHub'),
          },
    oidc:
      oidc === undefined
        ? null
        : {
            issuer: need('MUSEHUB_OIDC_ISSUER', 'an OpenID provider'),
            id: need('MUSEHUB_OIDC_ID', 'an OpenID provider'),
            secret: need('MUSEHUB_OIDC_SECRET', 'an OpenID provider'),
            name: set.MUSEHUB_OIDC_NAME ?? new URL(MUSEHUB_OIDC_ISSUER ?? '').hostname,
          },
  };
}

function storageOf(set: Set): Env['storage'] {
  if (set.MUSEHUB_STORAGE === 'local') return { kind: 'local' };
  const need = (name: keyof Set) => needed(set, name, 'MUSEHUB_STORAGE=s3');
  return {
    kind: 's3',
    endpoint: need('S3_ENDPOINT'),
    bucket: need('S3_BUCKET'),
    region: set.S3_REGION,
    accessKeyId: need('S3_ACCESS_KEY_ID'),
    secretAccessKey: need('S3_SECRET_ACCESS_KEY'),
  };
}

function limitNames(): Map<string, keyof Limits> {
  const keys = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
  const variable = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return new Map(keys.map((key) => [`MUSEHUB_LIMIT_${variable(key)}`, key]));
}

function limitsOf(given: Variables): Limits {
  const limits: Limits = { ...DEFAULT_LIMITS };
  for (const [name, key] of limitNames()) {
    const value = given[name];
    if (value === undefined) continue;
    const parsed = count(1, LIMIT_CEILING).safeParse(value);
    if (!parsed.success) throw wrong(name, value, parsed.error.issues[0]?.message ?? 'is wrong');
    limits[key] = parsed.data;
  }
  return limits;
}

function networksOf(list: string): ({ address: string; prefix: number } | null)[] {
  const items = list.split(',').map((item) => item.trim());
  return items.filter(Boolean).map((item) => {
    const [address = '', prefix, ...rest] = item.split('/');
    const bits = net.isIPv4(address) ? 32 : net.isIPv6(address) ? 128 : 0;
    const length = prefix === undefined ? bits : /^\d+$/.test(prefix) ? Number(prefix) : 129;
    return bits > 0 && rest.length === 0 && length <= bits ? { address, prefix: length } : null;
  });
}

function blockListOf(list: string): net.BlockList {
  const networks = new net.BlockList();
  for (const network of networksOf(list)) {
    if (!network) continue;
    networks.addSubnet(
      network.address,
      network.prefix,
      net.isIPv6(network.address) ? 'ipv6' : 'ipv4',
    );
  }
  return networks;
}
