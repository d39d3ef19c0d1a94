import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '~tests/support/hub';
import { commitOf, framesOf } from '~tests/support/push-script';
import { makeRepository, RawPush } from '~tests/support/raw-push';

/** Longer than any patience: what waits for it fails the test. */
const SHUTDOWN_SECONDS = 3_600;

let hub: Hub;
beforeAll(async () => {
  hub = await startHub({ env: { MUSEHUB_SHUTDOWN_SECONDS: String(SHUTDOWN_SECONDS) } });
});
afterAll(() => hub?.dispose());

/** A stream of news, read by hand. */
class Stream {
  text = '';
  ended = false;

  private constructor(
    readonly answer: Response,
    private readonly reader: ReadableStreamDefaultReader<string>,
  ) {}

  static async open(repository: string, token: string): Promise<Stream> {
    const [owner, slug] = repository.split('/');
    const input = encodeURIComponent(JSON.stringify({ owner, slug }));
    const answer = await fetch(`${hub.url}/api/trpc/push.watch?input=${input}`, {
      headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip, br' },
    });
    return new Stream(answer, answer.body!.pipeThrough(new TextDecoderStream()).getReader());
  }

  /** Reads until the text satisfies or the stream ends. */
  async until(satisfied: (text: string) => boolean): Promise<this> {
    while (!satisfied(this.text) && !this.ended) {
      const { done, value } = await this.reader.read();
      this.ended = done;
      this.text += value ?? '';
    }
    return this;
  }

  /** The news so far, without heartbeats. */
  get news(): { kind: string; objects?: number }[] {
    return [...this.text.matchAll(/^data: (\{"kind".*\})$/gm)].map(([, json]) => JSON.parse(json!));
  }

  close(): Promise<void> {
    return this.reader.cancel();
  }
}

const isTold = (kind: string) => (text: string) => text.includes(`"kind":"${kind}"`);

describe('the stream of news of pushes', () => {
  it('is passed on as it is made: no compression, no gathering, no store', async () => {
    const stream = await Stream.open(await makeRepository(hub), hub.adminToken);
    await stream.until(isTold('look'));
    expect(Object.fromEntries(stream.answer.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform, no-store',
      'x-accel-buffering': 'no',
    });
    expect(stream.answer.headers.has('content-encoding')).toBe(false);
    await stream.close();
  });

  it('tells of a push while it runs', async () => {
    const repository = await makeRepository(hub, 'private');
    const stream = await (await Stream.open(repository, hub.adminToken)).until(isTold('look'));
    const files = Object.fromEntries([1, 2, 3].map((n) => [`${n}.txt`, String(n)]));
    const frames = framesOf({ commits: [commitOf({ files })] });
    const push = new RawPush(hub, repository);
    await push.send(...frames.slice(0, 3));
    await stream.until((text) => text.includes('"objects":2'));
    expect(stream.news.at(-1)).toMatchObject({ kind: 'progress', phase: 'receiving', commits: 0 });
    const looks = stream.news.filter(({ kind }) => kind === 'look').length;
    await push.finish(...frames.slice(3));
    await stream.until(() => stream.news.filter(({ kind }) => kind === 'look').length > looks);
    expect(stream.ended).toBe(false);
    await stream.close();
  });

  it('ends with a refusal when the token was revoked, before it tells any more', async () => {
    const repository = await makeRepository(hub);
    const made = await hub.fetch('/api/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'watcher', scopes: ['read'] }),
    });
    const { id, token } = await made.json();
    const stream = await (await Stream.open(repository, token)).until(isTold('look'));
    await hub.fetch(`/api/tokens/${id}`, { method: 'DELETE' });
    // An access is good for a second, so the news of several pushes are more than enough.
    const ended = stream.until((text) => text.includes('serialized-error'));
    let over = false;
    void ended.then(() => {
      over = true;
    });
    for (let n = 0; !over; n++) {
      const commit = commitOf({ files: { n: String(n) } });
      const push = new RawPush(hub, repository);
      await push.finish(...framesOf({ branch: `b${n}`, commits: [commit] }));
    }
    await ended;
    expect(stream.text).toContain('"reason":"token-revoked"');
  });

  it('ends as the hub stops, which does not wait for it', async () => {
    const stream = await (await Stream.open(await makeRepository(hub), hub.adminToken)).until(
      isTold('look'),
    );
    const [code] = await Promise.all([hub.stop(), stream.until(() => false)]);
    expect(code).toBe(0);
    expect(stream.text).not.toContain('event: return');
  });
});
