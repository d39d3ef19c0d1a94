/**
 * A port whose n-th call, of any of its methods, fails with an error and does nothing; the calls
 * before and after go through. For tests that let each call of a service fail in turn, until none
 * is left to fail.
 */
export interface FailingPort<T> {
  port: T;
  /** Whether the n-th call has come. */
  failed(): boolean;
}

/** `n` counts from 1. A method that gives a stream fails when its first item is asked for. */
export function failingOnCall<T extends object>(
  port: T,
  n: number,
  error: unknown = new Error(`call ${n} fails`),
): FailingPort<T> {
  let calls = 0;
  const proxy = new Proxy(port, {
    get(target, name) {
      const member = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        calls++;
        return calls === n ? failure(error) : member.apply(target, args);
      };
    },
  });
  return { port: proxy, failed: () => calls >= n };
}

/** A rejected promise that is also a stream that fails. */
function failure(error: unknown): Promise<never> & AsyncIterable<never> {
  const rejected = Promise.reject(error);
  rejected.catch(() => undefined); // a caller that takes it for a stream never awaits the promise
  const next = (): Promise<never> => Promise.reject(error);
  return Object.assign(rejected, { [Symbol.asyncIterator]: () => ({ next }) });
}
