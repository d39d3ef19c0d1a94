import { describe, expect, it } from 'vitest';
import { sha256 } from '~/muse/ids';
import { DEFAULT_LIMITS, RELEASE_MAX_BODY_BYTES } from '~/wire/limits';
import {
  parseReleaseRequest,
  RELEASE_TITLE_MAX_LENGTH,
  releaseFields,
} from '~/wire/release-messages';

const [COMMIT, SNAPSHOT] = [sha256('commit'), sha256('snapshot')];
/** As the public CLI writes it. */
const RECORD = {
  ...{ release_id: '5f0c', repo_id: 'a repository', tag: 'v1.2.0-beta.1' },
  semver: { major: 1, minor: 2, patch: 0, pre: 'beta.1', build: '' },
  ...{
    channel: 'beta',
    commit_id: COMMIT,
    snapshot_id: SNAPSHOT,
    title: 'Summer',
    body: '# Notes',
  },
  changelog: [{ commit_id: COMMIT, message: 'feat: a', sem_ver_bump: 'minor' }],
  ...{ agent_id: 'claude', model_id: 'm', is_draft: false, gpg_signature: '' },
  created_at: '2026-04-16T12:00:00+00:00',
  semantic_report: { total_symbols: 3 },
};
const read = (fields: object) =>
  parseReleaseRequest(Buffer.from(JSON.stringify({ ...RECORD, ...fields })), DEFAULT_LIMITS);

describe('a request that makes a release', () => {
  it('is read, and told again with everything it held', () => {
    const release = read({});
    if ('code' in release) throw new Error(release.message);
    expect(release).toMatchObject({
      ...{ id: '5f0c', tag: 'v1.2.0-beta.1', channel: 'beta', title: 'Summer', body: '# Notes' },
      ...{ commitId: COMMIT, snapshotId: SNAPSHOT, isDraft: false, idFormat: 'bare' },
      createdAtMs: Date.UTC(2026, 3, 16, 12),
    });
    const stored = { ...release, id: '5f0c', snapshotId: SNAPSHOT, createdAtMs: 0 };
    const context = { repoId: 'another', idFormat: 'bare' } as const;
    expect(releaseFields(stored, release.record, context)).toEqual(RECORD);
  });

  it('needs no more than a version and a commit', () => {
    const release = parseReleaseRequest(
      Buffer.from(JSON.stringify({ tag: 'v1.0.0', commit_id: COMMIT, channel: '' })),
      DEFAULT_LIMITS,
    );
    expect(release).toEqual({
      ...{ id: null, tag: 'v1.0.0', channel: 'stable', title: '', body: '', isDraft: false },
      ...{ commitId: COMMIT, snapshotId: null, createdAtMs: null, record: {}, idFormat: 'bare' },
    });
  });

  it('believes the tag about the version', () => {
    const release = read({ semver: { major: 9 } });
    if ('code' in release) throw new Error(release.message);
    const stored = { ...release, id: '5f0c', snapshotId: SNAPSHOT, createdAtMs: 0 };
    const fields = releaseFields(stored, release.record, { repoId: '', idFormat: 'prefixed' });
    expect(fields.semver).toMatchObject({ major: 1, pre: 'beta.1' });
    expect(fields.commit_id).toBe(`sha256:${COMMIT}`);
  });

  it.each([
    ['tag', 'summer'],
    ['tag', null],
    ['release_id', 'two words'],
    ['channel', 'gold'],
    ['title', 'x'.repeat(RELEASE_TITLE_MAX_LENGTH + 1)],
    ['title', 'two\nlines'],
    ['body', 7],
    ['is_draft', 'no'],
    ['created_at', 'yesterday'],
  ])('is refused for a %s that is %j', (field, value) => {
    expect(read({ [field]: value })).toMatchObject({ code: 'bad-release', detail: { field } });
  });

  it('is refused when it names no commit, is nested too deep or too long', () => {
    expect(read({ commit_id: 'abc' })).toMatchObject({ code: 'bad-frame' });
    const deep = JSON.parse(`${'[1,'.repeat(40)}1${']'.repeat(40)}`);
    expect(read({ semantic_report: deep })).toMatchObject({
      ...{ code: 'bad-release', detail: { field: 'record' } },
    });
    expect(read({ semantic_report: 'x'.repeat(RELEASE_MAX_BODY_BYTES) })).toMatchObject({
      code: 'limit-exceeded',
    });
  });
});
