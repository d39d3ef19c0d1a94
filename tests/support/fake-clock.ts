import type { Clock } from '~/server/ports/clock';

/** A clock that stands still until a test moves it; timers fire as it passes them. */
export class FakeClock implements Clock {
  private timers: { atMs: number; fire: () => void }[] = [];
  private uuids = 0;

  constructor(private nowMs = Date.parse('2026-04-16T12:00:00Z')) {}

  now(): number {
    return this.nowMs;
  }

  setTimer(afterMs: number, fire: () => void): () => void {
    const timer = { atMs: this.nowMs + afterMs, fire };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  uuid(): string {
    this.uuids++;
    return `00000000-0000-4000-8000-${String(this.uuids).padStart(12, '0')}`;
  }

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.timers.length;
  }

  /** Moves time on, firing what falls due in its order, with the microtasks in between. */
  async advance(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      const due = this.timers.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.fire();
      await settle();
    }
    this.nowMs = end;
    await settle();
  }
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
