import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ClientError } from '~/client/client-error';
import { isoTime, parseGitCommit } from '~/client/git-commit';
import { type ImportReport, importGit } from '~/client/git-import';
import { Repository } from '~/client/repository';
import { checkout } from '~/client/work-tree';
import type { Id } from '~/muse/ids';
import { tempFolder } from '~tests/support/muse-fixtures';

/** A real git repository, with people and times that are the same each time. */
class GitRepository {
  readonly folder = path.join(tempFolder(), 'project');
  #second = 0;

  constructor(...options: string[]) {
    mkdirSync(this.folder);
    this.git('init', '-q', '-b', 'main', ...options);
  }

  git(...args: string[]): string {
    return this.run(args, {});
  }

  run(args: string[], env: Record<string, string>, input?: string | Buffer): string {
    const date = `${1_776_340_800 + this.#second} +0200`;
    return execFileSync('git', ['-C', this.folder, '-c', 'core.quotePath=false', ...args], {
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.folder,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Ada Lovelace',
        GIT_AUTHOR_EMAIL: 'ada@example.org',
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: 'Ada Lovelace',
        GIT_COMMITTER_EMAIL: 'ada@example.org',
        GIT_COMMITTER_DATE: date,
        NODE_ENV: 'test',
        ...env,
      },
      input: input ?? '',
      stdio: ['pipe', 'pipe', 'pipe'],
    })
      .toString()
      .trim();
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(path.dirname(path.join(this.folder, name)), { recursive: true });
    writeFileSync(path.join(this.folder, name), content);
  }

  commit(message: string, env: Record<string, string> = {}): string {
    this.#second += 60;
    this.git('add', '-A');
    this.run(
      [
        'commit',
        '-q',
        '--allow-empty',
        '--allow-empty-message',
        '--cleanup=verbatim',
        '-m',
        message,
      ],
      env,
    );
    return this.git('rev-parse', 'HEAD');
  }
}

let repo: GitRepository;
beforeEach(() => {
  repo = new GitRepository();
});

interface Imported {
  report: ImportReport;
  muse: Repository;
  /** The commit that a git commit became. */
  of(
    gitId: string,
  ): ReturnType<Repository['commit']>['commit'] & { metadata: Record<string, string> };
  files(gitId: string): Map<string, Id>;
}

async function imported(into = path.join(tempFolder(), 'muse')): Promise<Imported> {
  const report = await importGit({ gitFolder: repo.folder, into });
  const muse = Repository.open(into);
  const map = JSON.parse(readFileSync(path.join(muse.folder, 'git-import.json'), 'utf8'));
  const of: Imported['of'] = (gitId) => {
    const { commit } = muse.commit(map.commits[gitId]);
    const record = JSON.parse(
      readFileSync(path.join(muse.folder, `commits/${commit.id}.json`), 'utf8'),
    );
    return { ...commit, metadata: record.metadata };
  };
  return {
    report,
    muse,
    of,
    files: (gitId) => new Map(muse.snapshot(of(gitId).snapshotId).manifest),
  };
}

async function refusal(work: Promise<unknown>): Promise<ClientError> {
  const error = await work.then(
    () => new Error('it went through'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw error;
  return error;
}

describe('an import from git', () => {
  it('keeps message, author, time with its offset, and where it came from', async () => {
    repo.write('a.txt', 'hello\n');
    const id = repo.commit('feat(core)!: first\n\nA paragraph.\n\n  indented\n\n', {
      GIT_AUTHOR_NAME: 'Grace <Hopper',
      GIT_AUTHOR_DATE: '1700000000 -0330',
      GIT_COMMITTER_NAME: 'Bot',
      GIT_COMMITTER_EMAIL: 'bot@example.org',
      GIT_COMMITTER_DATE: '1700000001 +0545',
    });
    const { of, report } = await imported();
    expect(of(id)).toMatchObject({
      message: 'feat(core)!: first\n\nA paragraph.\n\n  indented',
      author: 'Grace Hopper',
      committedAt: '2023-11-15T03:58:21+05:45',
      parents: [],
      branch: 'main',
      semVerBump: 'major',
      formatVersion: 5,
      metadata: {
        git_commit: id,
        git_author_email: 'ada@example.org',
        git_authored_at: '2023-11-14T18:43:20-03:30',
        git_committer: 'Bot',
        git_committer_email: 'bot@example.org',
      },
    });
    expect(report).toMatchObject({
      commitsNew: 1,
      objectsNew: 1,
      defaultBranch: 'main',
      notes: [],
    });
  });

  it('keeps branches, merges and orphans', async () => {
    repo.write('a', '1');
    const a = repo.commit('a');
    repo.git('checkout', '-q', '-b', 'feat/x');
    repo.write('x', 'x');
    const x = repo.commit('x');
    repo.git('checkout', '-q', 'main');
    repo.write('b', '2');
    const b = repo.commit('b');
    repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'feat/x');
    const m = repo.git('rev-parse', 'HEAD');
    repo.git('checkout', '-q', '--orphan', 'pages');
    repo.git('rm', '-rfq', '.');
    repo.write('index.html', '<p>');
    const p = repo.commit('pages');
    repo.git('checkout', '-q', 'main');
    const { of, files, muse, report } = await imported();
    expect(of(m).parents).toEqual([of(b).id, of(x).id]);
    expect(of(x).parents).toEqual([of(a).id]);
    expect(of(p)).toMatchObject({ parents: [], branch: 'pages' });
    expect([...files(m).keys()].sort()).toEqual(['a', 'b', 'x']);
    expect([...files(p).keys()]).toEqual(['index.html']);
    expect(muse.branches().heads).toEqual(
      new Map([
        ['feat/x', of(x).id],
        ['main', of(m).id],
        ['pages', of(p).id],
      ]),
    );
    expect(muse.head()).toEqual({ branch: 'main' });
    expect(report.commitsTotal).toBe(5);
  });

  it('keeps the first two parents of an octopus and says so', async () => {
    repo.write('a', '1');
    repo.commit('a');
    const sides: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      repo.git('checkout', '-q', '-b', name, 'main');
      repo.write(name, name);
      sides.push(repo.commit(name));
    }
    repo.git('checkout', '-q', 'main');
    repo.git('merge', '-q', '--no-ff', '-m', 'octopus', 'one', 'two', 'three');
    const m = repo.git('rev-parse', 'HEAD');
    const { of, report, files } = await imported();
    const parents = repo.git('rev-parse', 'HEAD^@').split('\n');
    expect(parents).toHaveLength(4);
    expect(of(m).parents).toEqual(parents.slice(0, 2).map((parent) => of(parent).id));
    expect(of(m).metadata.git_parents).toBe(parents.map((parent) => of(parent).id).join(' '));
    expect([...files(m).keys()].sort()).toEqual(['a', 'one', 'three', 'two']);
    expect(report.notes.join()).toContain('more than two parents');
  });

  it('keeps unusual names and empty files, and the content of executables', async () => {
    const names = [
      'dir with space/a b.txt',
      'naïve – 日本語 😀.md',
      '"quoted"\'s',
      '-dash',
      'a.b/c',
      'a/b',
      'a-b/c',
      '#x',
      '7',
      'trailing ',
    ];
    for (const name of names) repo.write(name, name);
    repo.write('empty', '');
    repo.write('run.sh', '#!/bin/sh\n');
    chmodSync(path.join(repo.folder, 'run.sh'), 0o755);
    const id = repo.commit('files');
    const { files, muse, report } = await imported();
    expect([...files(id).keys()].sort()).toEqual([...names, 'empty', 'run.sh'].sort());
    for (const [name, object] of files(id)) {
      const content = await muse.readObject(object, muse.objectSize(object)!);
      expect(content.toString()).toBe(
        name === 'empty' ? '' : name === 'run.sh' ? '#!/bin/sh\n' : name,
      );
    }
    expect(report.executables).toEqual(['run.sh']);
    expect(report.skippedFiles).toEqual([]);
  });

  it('leaves out what has no place, and says what', async () => {
    repo.write('kept', '1');
    repo.write('.muse/config.toml', 'evil');
    symlinkSync('/etc/passwd', path.join(repo.folder, 'link'));
    repo.commit('one');
    // Names that a work tree may not be able to hold are put straight into the index.
    const blob = repo.run(['hash-object', '-w', '--stdin'], {}, 'x');
    const entries = [
      Buffer.from(`100644 ${blob}\tback\\slash\0`),
      Buffer.concat([
        Buffer.from(`100644 ${blob}\tlatin-`),
        Buffer.from([0xe9]),
        Buffer.from('\0'),
      ]),
      Buffer.from(`100644 ${blob}\tdir/ctrl\u0001\0`),
      Buffer.from(`160000 ${'1'.repeat(40)}\tvendor/sub\0`),
    ];
    repo.run(['update-index', '-z', '--index-info'], {}, Buffer.concat(entries));
    repo.run(['commit', '-q', '-m', 'two'], {});
    const id = repo.git('rev-parse', 'HEAD');
    const { files, report } = await imported();
    expect([...files(id).keys()]).toEqual(['kept']);
    const reasons = Object.fromEntries(
      report.skippedFiles.map(({ path: name, reason }) => [name, reason]),
    );
    expect(reasons).toEqual({
      '.muse': 'has the segment ".muse"',
      'back\\slash': 'holds a backslash',
      'dir/ctrl\u0001': 'holds a control character',
      'latin-\ufffd': 'is not UTF-8',
      link: 'is a symbolic link',
      'vendor/sub': 'is a submodule',
    });
  });

  it('takes empty commits, empty trees and empty messages', async () => {
    const empty = repo.commit('');
    repo.write('a', '1');
    const a = repo.commit('a');
    const same = repo.commit('nothing changed');
    const { of, files } = await imported();
    expect(of(empty)).toMatchObject({ message: '' });
    expect(files(empty).size).toBe(0);
    expect(of(same).snapshotId).toBe(of(a).snapshotId);
  });

  it('decodes messages in other encodings, and guesses where none is named', async () => {
    const latin = Buffer.from('caf\u00e9\n', 'latin1');
    repo.git('config', 'i18n.commitEncoding', 'ISO-8859-1');
    repo.write('a', '1');
    repo.git('add', '-A');
    const commit = (config: string[]) =>
      repo.run([...config, 'commit', '-q', '--allow-empty', '-F', '-'], {}, latin) ??
      repo.git('rev-parse', 'HEAD');
    commit([]);
    const named = repo.git('rev-parse', 'HEAD');
    const tree = repo.git('rev-parse', 'HEAD^{tree}');
    const raw = Buffer.concat([
      Buffer.from(
        `tree ${tree}\nparent ${named}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n`,
      ),
      latin,
    ]);
    const unnamed = repo.run(['hash-object', '-w', '-t', 'commit', '--stdin'], {}, raw);
    repo.git('update-ref', 'refs/heads/main', unnamed);
    const { of, report } = await imported();
    expect(of(named).message).toBe('café');
    expect(of(unnamed).message).toBe('café');
    expect(report.notes).toEqual([
      '1 × the text of a commit is in no known encoding and was guessed',
    ]);
  });

  it('gives the same ids, record for record, wherever and whenever it is done', async () => {
    repo.write('a', '1');
    repo.commit('a');
    repo.write('b/c', '2');
    repo.commit('b');
    const one = await imported();
    const two = await imported();
    expect(two.muse.branches()).toEqual(one.muse.branches());
    const diff = execFileSync('diff', ['-r', one.muse.folder, two.muse.folder]).toString();
    expect(diff).toBe('');
  });

  it('adds only what is new when it is done again, and moves branches', async () => {
    repo.write('a', '1');
    repo.commit('a');
    repo.git('branch', 'side');
    const into = path.join(tempFolder(), 'muse');
    await imported(into);
    expect(await imported(into)).toMatchObject({
      report: {
        commitsNew: 0,
        objectsNew: 0,
        snapshotsNew: 0,
        branches: [{ state: 'unchanged' }, { state: 'unchanged' }],
      },
    });
    repo.write('b', '2');
    const b = repo.commit('b');
    repo.git('checkout', '-q', 'side');
    repo.git('commit', '-q', '--amend', '-m', 'rewritten', '--date', '1776340801 +0000');
    repo.git('branch', 'third', 'main');
    const again = await imported(into);
    expect(again.report).toMatchObject({ commitsNew: 2, commitsTotal: 3, objectsNew: 1 });
    const states = Object.fromEntries(
      again.report.branches.map(({ name, state }) => [name, state]),
    );
    expect(states).toEqual({ main: 'updated', side: 'rewritten', third: 'new' });
    expect(again.of(b).parents).toEqual([again.of(repo.git('rev-parse', 'main^')).id]);
    // Without the map everything is read again and comes out the same.
    rmSync(path.join(again.muse.folder, 'git-import.json'));
    rmSync(path.join(again.muse.folder, 'refs/heads'), { recursive: true });
    expect((await imported(into)).report).toMatchObject({ commitsNew: 0, objectsNew: 0 });
  });

  it('leaves a branch that was moved by somebody else', async () => {
    repo.write('a', '1');
    const a = repo.commit('a');
    repo.write('a', '2');
    repo.commit('b');
    const into = path.join(tempFolder(), 'muse');
    const { of, muse } = await imported(into);
    writeFileSync(path.join(muse.folder, 'refs/heads/main'), of(a).id);
    repo.write('a', '3');
    repo.commit('c');
    const { report } = await imported(into);
    expect(report.branches).toEqual([{ name: 'main', head: of(a).id, state: 'left' }]);
    expect(muse.branch('main')).toBe(of(a).id);
  });

  it('tells tags and branches whose names are not allowed', async () => {
    repo.write('a', '1');
    const a = repo.commit('a');
    repo.git('tag', 'v1');
    repo.git('tag', '-a', 'v2', '-m', 'two');
    repo.git('update-ref', `refs/heads/${'x'.repeat(200)}/${'y'.repeat(100)}`, a);
    const { report } = await imported();
    expect(report.tags).toEqual(['v1', 'v2']);
    expect(report.skippedBranches.map(({ reason }) => reason)).toEqual([
      'is longer than 255 bytes',
    ]);
  });

  it('takes the commit of a detached HEAD when there is no branch', async () => {
    repo.write('a', '1');
    const a = repo.commit('a');
    repo.git('checkout', '-q', '--detach');
    repo.git('branch', '-D', 'main');
    const { of, muse } = await imported();
    expect(muse.branches().heads).toEqual(new Map([['main', of(a).id]]));
  });

  it('reads a bare repository, one of SHA-256 ids, and a shallow one', async () => {
    repo.write('a', '1');
    repo.commit('a');
    repo.write('a', '2');
    const b = repo.commit('b');
    const whole = await imported();
    const origin = repo.folder;
    const clone = (...args: string[]) => {
      const folder = path.join(tempFolder(), 'clone');
      execFileSync('git', ['clone', '-q', ...args, `file://${origin}`, folder], {
        stdio: 'ignore',
      });
      return folder;
    };
    const bare = await importGit({
      gitFolder: clone('--bare'),
      into: path.join(tempFolder(), 'm'),
    });
    expect(bare.branches[0]!.head).toBe(whole.of(b).id);
    const shallow = await importGit({
      gitFolder: clone('--depth=1'),
      into: path.join(tempFolder(), 'm'),
    });
    expect(shallow).toMatchObject({ commitsTotal: 1 });
    expect(shallow.notes.join()).toContain('shallow');
    repo = new GitRepository('--object-format=sha256');
    repo.write('d/a', '1');
    const long = repo.commit('a');
    const { files, of } = await imported();
    expect(long).toHaveLength(64);
    expect(of(long).metadata.git_commit).toBe(long);
    expect([...files(long).keys()]).toEqual(['d/a']);
  });

  it('streams a large file without holding it', async () => {
    const large = Buffer.alloc(6 * 1024 ** 2 + 7, 'large file\n');
    repo.write('large', large);
    const id = repo.commit('large');
    const { files, muse } = await imported();
    const object = files(id).get('large')!;
    expect((await muse.readObject(object, large.length)).equals(large)).toBe(true);
  });

  it('gives files that a checkout writes as git has them', async () => {
    repo.write('src/a.ts', 'a');
    repo.write('README.md', '# hi');
    repo.commit('files');
    const { muse } = await imported();
    const head = muse.commit(muse.branch('main')!).commit;
    await checkout(muse, muse.snapshot(head.snapshotId).manifest);
    expect(readFileSync(path.join(muse.root, 'src/a.ts'), 'utf8')).toBe('a');
    expect(existsSync(path.join(muse.root, 'README.md'))).toBe(true);
  });

  it('ends when it is interrupted, with no branch, and goes on the next time', async () => {
    for (let i = 0; i < 12; i++) {
      repo.write('a', String(i));
      repo.commit(`commit ${i}`);
    }
    const into = path.join(tempFolder(), 'muse');
    const stop = new AbortController();
    const onProgress = ({ commits }: { commits: number }) => {
      if (commits === 5) stop.abort();
    };
    const cut = importGit({ gitFolder: repo.folder, into, signal: stop.signal, onProgress });
    expect(await refusal(cut)).toMatchObject({ code: 'interrupted' });
    expect(Repository.open(into).branches().heads.size).toBe(0);
    expect((await imported(into)).report).toMatchObject({ commitsTotal: 12 });
    expect(Repository.open(into).branches().heads.size).toBe(1);
  });

  it('goes beside a .git folder when told, and touches nothing else', async () => {
    repo.write('a', '1');
    repo.commit('a');
    const status = repo.git('status', '--porcelain');
    await importGit({ gitFolder: repo.folder, into: repo.folder });
    expect(repo.git('status', '--porcelain')).toBe(`${status}?? .muse/`.trim());
  });

  it('goes into no folder that holds something else', async () => {
    repo.write('a', '1');
    repo.commit('a');
    const full = tempFolder();
    writeFileSync(path.join(full, 'file'), '');
    expect(await refusal(importGit({ gitFolder: repo.folder, into: full }))).toMatchObject({
      code: 'folder-in-use',
    });
    expect(existsSync(path.join(full, '.muse'))).toBe(false);
  });

  it('says what git says when there is no repository, no commit, or a damaged one', async () => {
    const into = path.join(tempFolder(), 'muse');
    expect(await refusal(importGit({ gitFolder: tempFolder(), into }))).toMatchObject({
      code: 'bad-git-repository',
    });
    expect((await refusal(importGit({ gitFolder: repo.folder, into }))).message).toContain(
      'no branch',
    );
    repo.write('a', 'content');
    repo.commit('a');
    const blob = repo.git('rev-parse', 'HEAD:a');
    rmSync(path.join(repo.folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    const damaged = await refusal(importGit({ gitFolder: repo.folder, into }));
    expect(damaged.message).toContain(blob);
    expect(Repository.open(into).branches().heads.size).toBe(0);
  });
});

describe('a commit of git', () => {
  const parse = (person: string) =>
    parseGitCommit(
      'id',
      Buffer.from(`tree t\nauthor ${person}\ncommitter ${person}\ngpgsig x\n  tree no\n\nm`),
    )!;

  it.each([
    ['A U Thor <a@b> 1 -0000', { name: 'A U Thor', email: 'a@b', seconds: 1, offset: 0 }],
    ['<a@b> 5 +1400', { name: '', email: 'a@b', seconds: 5, offset: 840 }],
    ['A <a@b> 5 +051800', { name: 'A', email: 'a@b', seconds: 5, offset: 0 }],
    ['A <a@b> -7 -1130', { name: 'A', email: 'a@b', seconds: -7, offset: -690 }],
    ['A <a@b> 99999999999999 +0000', { name: 'A', email: 'a@b', seconds: 0, offset: 0 }],
    ['nobody', { name: 'nobody', email: '', seconds: 0, offset: 0 }],
  ])('has a person in any form that histories have: %s', (text, person) => {
    expect(parse(text).committer).toMatchObject(person);
    expect(parse(text).tree).toBe('t');
  });

  it('has a time that Python reads and writes the same', () => {
    const times = [
      isoTime(0, 0),
      isoTime(-1, -210),
      isoTime(1_700_000_000, 345),
      isoTime(253_402_214_399, 0),
      isoTime(1, 839),
    ];
    const script =
      'import datetime,json,sys\nprint(json.dumps([datetime.datetime.fromisoformat(t).isoformat() for t in json.load(sys.stdin)]))';
    const read = execFileSync('python3', ['-c', script], { input: JSON.stringify(times) });
    expect(JSON.parse(read.toString())).toEqual(times);
  });
});
