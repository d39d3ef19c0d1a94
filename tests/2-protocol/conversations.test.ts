import { describe, expect, it } from 'vitest';
import type { IdFormat } from '~/muse/ids';
import { conversations, piecesOf, readPush, streamOf } from '~tests/support/wire-samples';

const cases = (['bare', 'prefixed'] as IdFormat[]).flatMap((idFormat) =>
  conversations(idFormat).map((conversation) => ({
    ...conversation,
    title: `${conversation.name}, ${idFormat} ids`,
    bytes: streamOf(conversation.frames, idFormat),
  })),
);

describe.each(cases)('$title', ({ bytes, actions }) => {
  it('is accepted whole, with the actions in order', () => {
    const reading = readPush([bytes]);
    expect(reading.violation).toBeNull();
    expect(reading.actions.map((action) => action.kind)).toEqual(actions);
  });

  it('reads the same split at every offset', () => {
    const whole = readPush([bytes]).actions;
    for (let at = 0; at <= bytes.length; at++) {
      const reading = readPush([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(reading.violation, `split at ${at}`).toBeNull();
      if (at % 16 === 0) expect(reading.actions, `split at ${at}`).toEqual(whole);
      else expect(reading.actions.length, `split at ${at}`).toBe(whole.length);
    }
  });

  it('reads the same in pieces of 1, 2, 3, 7 and 64 bytes', () => {
    const whole = readPush([bytes]).actions;
    for (const size of [1, 2, 3, 7, 64]) {
      expect(readPush(piecesOf(bytes, size)), `pieces of ${size}`).toEqual({
        actions: whole,
        violation: null,
      });
    }
  });

  it('is truncated when it is cut at any offset, whatever the pieces', () => {
    for (let at = 0; at < bytes.length; at++) {
      const cut = bytes.subarray(0, at);
      expect(readPush([cut]).violation?.code, `cut at ${at}`).toBe('truncated-stream');
      const { violation, actions: done } = readPush(piecesOf(cut, 5));
      expect(violation?.code, `cut at ${at}, in pieces`).toBe('truncated-stream');
      expect(done.map((action) => action.kind)).not.toContain('finish');
    }
  });

  it('takes no byte after END', () => {
    for (const trailing of [[0xc0], [0x80], [0x00], [0xff], [...bytes]]) {
      const { violation } = readPush([bytes, Uint8Array.from(trailing)]);
      expect(['bad-frame', 'frame-out-of-order']).toContain(violation?.code);
    }
    const unfinished = readPush([bytes, Uint8Array.of(0x82)]);
    expect(unfinished.violation?.code).toBe('truncated-stream');
  });

  it('does not take the same stream a second time', () => {
    const { violation } = readPush([bytes, bytes]);
    expect(violation).toMatchObject({ code: 'frame-out-of-order', detail: { frame: 'H' } });
  });
});
