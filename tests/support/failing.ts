/** Counts the calls of a stub and makes one of them fail, for "whatever fails, …" tests. */
export interface CallCounter {
  calls: number;
  /** The call that fails, from 1; 0: none. For an async iterable every step is a call. */
  failAt: number;
  error: () => Error;
}

/** The same object, with every call counted; promises and async iterables fail as they would. */
export function failing<T extends object>(target: T, counter: CallCounter): T {
  const step = () => {
    counter.calls++;
    if (counter.calls === counter.failAt) throw counter.error();
  };
  return new Proxy(target, {
    get(object, name) {
      const member = Reflect.get(object, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const result = member.apply(object, args);
        if (isIterable(result)) return steps(result, step);
        if (!(result instanceof Promise)) return result;
        return result.then((value) => {
          step();
          return value;
        });
      };
    },
  });
}

async function* steps<T>(items: AsyncIterable<T>, step: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    step();
    yield item;
  }
  step();
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
