import { describe, expect, it } from 'vitest';
import { FrameSource } from '~/server/services/frame-source';
import { Refusal } from '~/wire/errors';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { FakeClock, settle } from '~tests/support/fake-clock';
import { bodyOf, commitOf, framesOf } from '~tests/support/push-script';

const LIMITS = { ...DEFAULT_LIMITS, pushRateWindowMs: 60_000, pushMinBytesPerSecond: 1024 };
const push = () => framesOf({ commits: [commitOf({ files: { 'a.txt': 'hello\n' } })] });
const codeOf = (error: unknown): string => (Refusal.is(error) ? error.code : String(error));

/** A body whose chunks the test hands in one by one. */
function handFed() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  return { reader: stream.getReader(), controller };
}

describe('a frame source', () => {
  it('gives the frames of a body in order, and null at its end', async () => {
    const source = new FrameSource(bodyOf(push()).getReader(), LIMITS, new FakeClock());
    const types: string[] = [];
    for (let frame = await source.next(); frame; frame = await source.next())
      types.push(frame.type);
    expect(types).toEqual(['H', 'O', 'C', 'E']);
    expect(source.bytesReceived).toBe(Buffer.concat(push()).length);
    expect(source.exhausted).toBe(true);
  });

  it('reads no further than the frame it is asked for', async () => {
    const frames = push();
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(frames[pulled++]!);
        },
      },
      { highWaterMark: 0 },
    );
    const source = new FrameSource(body.getReader(), LIMITS, new FakeClock());
    await source.next();
    await settle();
    expect(pulled).toBe(1);
  });

  it('refuses a body that ends inside a frame', async () => {
    const whole = Buffer.concat(push());
    const source = new FrameSource(
      bodyOf([whole.subarray(0, 20)]).getReader(),
      LIMITS,
      new FakeClock(),
    );
    await expect(source.next().catch(codeOf)).resolves.toBe('truncated-stream');
  });

  it('calls a connection that breaks a truncated stream', async () => {
    const { reader, controller } = handFed();
    const source = new FrameSource(reader, LIMITS, new FakeClock());
    const frame = source.next().catch(codeOf);
    controller.error(new Error('ECONNRESET'));
    await expect(frame).resolves.toBe('truncated-stream');
  });

  it('is too slow below the least rate over a window of waiting', async () => {
    const clock = new FakeClock();
    const { reader, controller } = handFed();
    const source = new FrameSource(reader, LIMITS, clock);
    const outcome = source.next().then(
      () => 'a frame',
      (error: unknown) => (Refusal.is(error) ? [error.code, error.detail] : error),
    );
    controller.enqueue(Buffer.concat(push()).subarray(0, 10));
    await settle();
    await clock.advance(59_000);
    await expect(Promise.race([outcome, Promise.resolve('waiting')])).resolves.toBe('waiting');
    await clock.advance(1_000);
    await expect(outcome).resolves.toEqual(['too-slow', { bytes_per_second: 0, minimum: 1024 }]);
  });

  it('waits as long as it takes while the rate is kept', async () => {
    const clock = new FakeClock();
    const { reader, controller } = handFed();
    const source = new FrameSource(reader, { ...LIMITS, pushMinBytesPerSecond: 1 }, clock);
    const whole = Buffer.concat(push());
    let frames = 0;
    const all = (async () => {
      while (await source.next()) frames++;
    })();
    for (let at = 0; at < whole.length; at += 16) {
      await clock.advance(10_000);
      controller.enqueue(whole.subarray(at, at + 16));
      await settle();
    }
    controller.close();
    await all;
    expect(frames).toBe(4);
    expect(clock.pending).toBe(0);
  });

  it('does not count the time between two frames against the client', async () => {
    const clock = new FakeClock();
    const frames = push();
    const source = new FrameSource(bodyOf(frames).getReader(), LIMITS, clock);
    for (let frame = await source.next(); frame; frame = await source.next()) {
      await clock.advance(300_000);
    }
    expect(source.exhausted).toBe(true);
  });

  it('ends after the wall time, however fast the client is', async () => {
    const clock = new FakeClock();
    const { reader, controller } = handFed();
    const source = new FrameSource(
      reader,
      { ...LIMITS, pushMaxWallMs: 5_000, pushMinBytesPerSecond: 0 },
      clock,
    );
    const whole = Buffer.concat(push());
    controller.enqueue(whole.subarray(0, 10));
    const outcome = source
      .next()
      .catch((error: unknown) => (Refusal.is(error) ? error.detail : error));
    await settle();
    await clock.advance(5_000);
    await expect(outcome).resolves.toEqual({ wall_ms: 5_000 });
  });

  it('stops waiting when it is interrupted, and stays stopped', async () => {
    const { reader } = handFed();
    const source = new FrameSource(reader, LIMITS, new FakeClock());
    const outcome = source.next().catch(codeOf);
    await settle();
    source.interrupt(new Refusal('shutting-down'));
    await expect(outcome).resolves.toBe('shutting-down');
    await expect(source.next().catch(codeOf)).resolves.toBe('shutting-down');
  });
});
