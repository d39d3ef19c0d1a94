import { readEnv } from './env';
import { checkHub } from './fsck/check-hub';
import { FINDINGS, type Finding, type FindingKind } from './fsck/finding';
import { createLogger } from './logger';
import { Misconfiguration } from './misconfiguration';
import { PostgresStoredState } from './postgres/stored-state';
import { openBlobStore } from './start/open-blob-store';
import { reachDatabase } from './start/reach-database';

/**
 * The checker as a program: `node dist/fsck-main.js [--json]`, with a hub's own configuration, beside a
 * hub that runs or without one. Findings come on stdout as they are made, one a line, then a
 * summary; it ends with 0 when there is none, 1 when there is one, 2 when it could not look.
 */
const json = process.argv.includes('--json');

const EXIT = { sane: 0, findings: 1, trouble: 2 } as const;

async function fsck(): Promise<number> {
  const env = readEnv(process.env, process.cwd());
  const note = (line: string) => process.stderr.write(`${line}\n`);
  const logger = createLogger('error');
  const database = await reachDatabase(env, note);
  const blobs = openBlobStore(env, logger);
  try {
    const state = await PostgresStoredState.open(database.url);
    try {
      return await look(state, blobs, note);
    } finally {
      await state.close();
    }
  } finally {
    await blobs.close();
    await database.close();
  }
}

async function look(
  state: PostgresStoredState,
  blobs: ReturnType<typeof openBlobStore>,
  note: (line: string) => void,
): Promise<number> {
  const counts = new Map<FindingKind, number>();
  const report = (finding: Finding) => {
    counts.set(finding.kind, (counts.get(finding.kind) ?? 0) + 1);
    process.stdout.write(`${json ? JSON.stringify(finding) : lineOf(finding)}\n`);
  };
  const checked = await checkHub({ state, blobs }, report, (name) => {
    if (!json) note(`checking ${printable(name)} …`);
  });
  const findings = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (json) {
    const summary = { ok: findings === 0, findings: Object.fromEntries(counts), checked };
    process.stdout.write(`${JSON.stringify({ summary })}\n`);
  } else {
    const { unused, ...seen } = checked;
    const parts = Object.entries(seen).map(([what, count]) => `${count} ${what}`);
    process.stdout.write(`checked ${parts.join(', ')}\n`);
    if (unused.blobs > 0) {
      process.stdout.write(
        `${unused.blobs} segments (${unused.bytes} bytes) have no row: left by pushes that failed or are under way; the hub sweeps them\n`,
      );
    }
    for (const [kind, count] of counts) {
      process.stdout.write(`${count} × ${kind}: ${FINDINGS[kind]}\n`);
    }
    process.stdout.write(findings === 0 ? 'nothing is wrong\n' : `${findings} findings\n`);
  }
  return findings === 0 ? EXIT.sane : EXIT.findings;
}

function lineOf({ kind, repository, repoId, id, detail }: Finding): string {
  return [kind, repository || repoId, id, detail].map(printable).join('  ').trimEnd();
}

/** Names in a damaged database can be anything. */
const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

fsck().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof Misconfiguration;
    process.stderr.write(
      known ? `fsck: ${error.message}\n` : 'fsck could not look at everything\n',
    );
    if (!known) console.error(error);
    process.exitCode = EXIT.trouble;
  },
);
