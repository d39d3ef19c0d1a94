import { describe, expect, it } from 'vitest';
import { isViolation } from '~/wire/errors';
import { decodeReplyFrame, encodeReplyFrame } from '~/wire/frame-codec';
import {
  PROGRESS_FIRST_MS,
  PROGRESS_MAX_BYTES_BEFORE_END,
  PROGRESS_MAX_SILENCE_MS,
} from '~/wire/limits';
import { type ReplyProgress, ReplyStream } from '~/wire/reply-stream';

const START = 1_000_000;
const at = (ms: number) => START + ms;
const seen = (objects: number, phase: ReplyProgress['phase'] = 'receiving'): ReplyProgress => ({
  phase,
  objects,
  commits: 0,
  bytesReceived: objects * 4096,
});

describe('PROGRESS', () => {
  it('tells phase, objects, commits and bytes', () => {
    const bytes = new ReplyStream(START).progress(
      at(10),
      { phase: 'storing', objects: 3, commits: 2, bytesReceived: 1000 },
      true,
    );
    expect(bytes && decodeReplyFrame(bytes)).toEqual({
      type: 'P',
      phase: 'storing',
      objects: 3,
      commits: 2,
      bytes: 1000,
    });
  });

  it('goes out when it is first asked for, and is due within a second', () => {
    const reply = new ReplyStream(START);
    expect(reply.nextDueMs).toBe(at(PROGRESS_FIRST_MS));
    expect(reply.progress(at(1), seen(0), true)).not.toBeNull();
  });

  it('goes out at most four times a second', () => {
    const reply = new ReplyStream(START);
    let frames = 0;
    for (let ms = 0; ms < 10_000; ms++) {
      if (reply.progress(at(ms), seen(ms), true) !== null) frames += 1;
    }
    expect(frames).toBe(40);
  });

  it('goes out every five seconds when nothing changes', () => {
    const reply = new ReplyStream(START);
    const times: number[] = [];
    for (let ms = 0; ms <= 20_000; ms += 50) {
      if (reply.progress(at(ms), seen(1), true) !== null) times.push(ms);
    }
    expect(times).toEqual([0, 5_000, 10_000, 15_000, 20_000]);
  });

  it('is due again five seconds after it was asked for', () => {
    const reply = new ReplyStream(START);
    reply.progress(at(400), seen(1), true);
    expect(reply.nextDueMs).toBe(at(400 + PROGRESS_MAX_SILENCE_MS));
    reply.progress(at(2_000), seen(1), false);
    expect(reply.nextDueMs).toBe(at(2_000 + PROGRESS_MAX_SILENCE_MS));
  });

  it('is dropped while the client does not read, and goes out once it does', () => {
    const reply = new ReplyStream(START);
    for (let ms = 0; ms < 60_000; ms += 250) {
      expect(reply.progress(at(ms), seen(ms), false)).toBeNull();
    }
    expect(reply.progress(at(60_000), seen(9), true)).not.toBeNull();
  });

  it('has 64 KiB in all while the push is received, spread over more than half an hour', () => {
    const reply = new ReplyStream(START);
    let bytes = 0;
    let lastMs = 0;
    for (let ms = 0; ms < 6 * 3_600_000; ms += 250) {
      const frame = reply.progress(at(ms), seen(ms), true);
      if (frame === null) continue;
      bytes += frame.length;
      lastMs = ms;
    }
    expect(bytes).toBeLessThanOrEqual(PROGRESS_MAX_BYTES_BEFORE_END);
    expect(bytes).toBeGreaterThan(PROGRESS_MAX_BYTES_BEFORE_END - 200);
    expect(lastMs).toBeGreaterThan(30 * 60_000);
  });

  it('is never silent for more than five seconds until the 64 KiB are spent', () => {
    const reply = new ReplyStream(START);
    let bytes = 0;
    let sentMs = 0;
    for (let ms = 0; bytes < PROGRESS_MAX_BYTES_BEFORE_END - 200; ms += 250) {
      const frame = reply.progress(at(ms), seen(ms), true);
      if (frame === null) continue;
      expect(ms - sentMs).toBeLessThanOrEqual(PROGRESS_MAX_SILENCE_MS);
      bytes += frame.length;
      sentMs = ms;
    }
  });

  it('goes on after END, whatever was spent before', () => {
    const reply = new ReplyStream(START);
    let ms = 0;
    for (; ms < 6 * 3_600_000; ms += 250) reply.progress(at(ms), seen(ms), true);
    expect(reply.progress(at(ms), seen(ms), true)).toBeNull();
    expect(reply.progress(at(ms), seen(ms, 'checking'), true)).not.toBeNull();
    expect(reply.progress(at(ms + 250), seen(ms, 'storing'), true)).not.toBeNull();
  });
});

describe('the end of an answer', () => {
  const ending = encodeReplyFrame(
    { type: 'X', code: 'stale-head', message: 'Moved.', retryable: true, detail: {} },
    'bare',
  );

  it('is the given frame, and no PROGRESS follows it', () => {
    const reply = new ReplyStream(START);
    expect(reply.end(ending)).toBe(ending);
    expect(reply.progress(at(9_000), seen(1), true)).toBeNull();
    expect(reply.nextDueMs).toBe(Number.POSITIVE_INFINITY);
    const frame = decodeReplyFrame(ending);
    expect(isViolation(frame)).toBe(false);
    expect(frame).toMatchObject({ type: 'X', code: 'stale-head' });
  });

  it('comes once: a second one is a fault of the hub', () => {
    const reply = new ReplyStream(START);
    reply.end(ending);
    expect(() => reply.end(ending)).toThrow('answered twice');
  });
});
