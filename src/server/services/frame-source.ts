import { isViolation, Refusal } from '~/wire/errors';
import { decodePushFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import type { PushFrame } from '~/wire/frames';
import type { Limits } from '~/wire/limits';
import type { Clock } from '../ports/clock';

/** The body of a push as it arrives. */
export type ByteReader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>;

/**
 * The frames of a push body, one at a time. It reads the body only when it is asked for a frame,
 * so a caller that waits (for a free put slot, say) makes the client wait.
 *
 * Every wait for the client is measured: less than `pushMinBytesPerSecond` over a window of
 * `pushRateWindowMs` of waiting, or `pushMaxWallMs` in all, is `too-slow`. Time the hub itself
 * spends does not count against the client.
 */
export class FrameSource {
  /** Bytes of the body read so far. */
  bytesReceived = 0;
  /** Set once the body has ended or broken: there is nothing left to drain. */
  exhausted = false;

  private readonly scanner: FrameScanner;
  private readonly startedAtMs: number;
  private windowBytes = 0;
  private windowWaitedMs = 0;
  private interrupted: Refusal | null = null;
  private wake: (() => void) | null = null;
  private pendingRead: ReturnType<ByteReader['read']> | null = null;

  constructor(
    readonly reader: ByteReader,
    private readonly limits: Limits,
    private readonly clock: Clock,
  ) {
    this.scanner = new FrameScanner(limits);
    this.startedAtMs = clock.now();
  }

  /** A frame that is already here; null when more bytes are needed. Throws `Refusal` on a violation. */
  buffered(): PushFrame | null {
    const value = this.scanner.next();
    if (value === null) return null;
    if (isViolation(value)) throw Refusal.from(value);
    const frame = decodePushFrame(value, this.limits);
    if (isViolation(frame)) throw Refusal.from(frame);
    return frame;
  }

  /**
   * The next frame, reading as much of the body as it takes; null at the end of the body.
   * Throws `Refusal`: a violation, `truncated-stream` when the body ends or breaks inside a
   * frame, `too-slow`, or what `interrupt` was given.
   */
  async next(): Promise<PushFrame | null> {
    for (;;) {
      const frame = this.buffered();
      if (frame) return frame;
      if (this.exhausted) return null;
      const chunk = await this.readChunk();
      if (chunk) {
        this.scanner.push(chunk);
      } else {
        this.exhausted = true;
        const cut = this.scanner.end();
        if (cut) throw Refusal.from(cut);
      }
    }
  }

  /** Makes a pending or the next wait for the client end with this refusal. */
  interrupt(refusal: Refusal): void {
    this.interrupted ??= refusal;
    this.wake?.();
  }

  private async readChunk(): Promise<Uint8Array | null> {
    if (this.interrupted) throw this.interrupted;
    const { limits, clock } = this;
    const waitFrom = clock.now();
    const wallLeftMs = limits.pushMaxWallMs - (waitFrom - this.startedAtMs);
    const patienceMs = Math.min(wallLeftMs, limits.pushRateWindowMs - this.windowWaitedMs);
    if (wallLeftMs <= 0) throw this.tooSlow('wall');
    let cancelTimer = (): void => undefined;
    const stop = new Promise<null>((resolve) => {
      cancelTimer = clock.setTimer(Math.max(1, patienceMs), () => resolve(null));
      this.wake = () => resolve(null);
    });
    this.pendingRead ??= this.reader.read();
    let result: Awaited<ReturnType<ByteReader['read']>> | null;
    try {
      result = await Promise.race([this.pendingRead, stop]);
    } catch (cause) {
      this.exhausted = true;
      throw new Refusal('truncated-stream', { reason: 'the connection broke' }, undefined, {
        cause,
      });
    } finally {
      cancelTimer();
      this.wake = null;
    }
    this.windowWaitedMs += clock.now() - waitFrom;
    if (result !== null) {
      this.pendingRead = null;
      if (result.done) return null;
      this.bytesReceived += result.value.byteLength;
      this.windowBytes += result.value.byteLength;
    } else if (this.interrupted) {
      throw this.interrupted;
    }
    this.checkRate();
    return result?.value ?? new Uint8Array(0);
  }

  private checkRate(): void {
    const { limits } = this;
    if (this.windowWaitedMs < limits.pushRateWindowMs) return;
    const rate = this.windowBytes / (this.windowWaitedMs / 1000);
    if (rate < limits.pushMinBytesPerSecond) throw this.tooSlow('rate', Math.floor(rate));
    this.windowBytes = 0;
    this.windowWaitedMs = 0;
  }

  private tooSlow(reason: 'rate' | 'wall', bytesPerSecond?: number): Refusal {
    const { limits } = this;
    return reason === 'rate'
      ? new Refusal('too-slow', {
          bytes_per_second: bytesPerSecond,
          minimum: limits.pushMinBytesPerSecond,
        })
      : new Refusal('too-slow', { wall_ms: limits.pushMaxWallMs });
  }
}
