/**
 * What happens at one write of a Durable Object: it `fails` without an effect; the object `restarts` there, which takes what
 * the turn has written with it; or it `restarts late`, once all of that is on disk and nobody has been answered: at the
 * writes that are waited for. Or at one read, which `is not read`.
 */
export const FAULTS = ['fails', 'restarts', 'restarts late', 'is not read'] as const;
export type StorageFault = (typeof FAULTS)[number];

interface Plan {
  readonly at: number;
  readonly fault: StorageFault;
  seen: number;
}

let plan: Plan | undefined;

/**
 * Runs `work` while the write (or read, for that fault) number `at`, from 1, of all objects of this isolate goes wrong. @returns whether there were as
 * many, and what came of it
 */
async function withFault<T>(
  at: number,
  fault: StorageFault,
  work: () => Promise<T>,
): Promise<{ readonly struck: boolean; readonly value: T | Error }> {
  const own: Plan = { at, fault, seen: 0 };
  plan = own;
  let value: T | Error;
  try {
    value = await work();
  } catch (error) {
    value = error instanceof Error ? error : new Error(String(error));
  } finally {
    plan = undefined;
  }
  return { struck: own.seen >= at, value };
}

/** Has every write (or read) of `act` go wrong in turn, each time from a new beginning. @returns how many there were */
export async function walk<Made, Value>(
  fault: StorageFault,
  prepare: () => Promise<Made>,
  act: (made: Made) => Promise<Value>,
  check: (made: Made, value: Value | Error, at: number) => Promise<void>,
): Promise<number> {
  for (let at = 1; at < 50; at++) {
    const made = await prepare();
    const { struck, value } = await withFault(at, fault, () => act(made));
    if (!struck) return at - 1;
    await check(made, value, at);
  }
  throw new Error('no end of writes');
}

/** A Durable Object's state whose storage goes wrong when told to. */
export function withFaultyStorage(state: DurableObjectState): DurableObjectState {
  const { storage } = state;
  const faulty = (target: object, writes: RegExp, reads: RegExp): object =>
    new Proxy(target, {
      get(_target, name) {
        const value = Reflect.get(target, name, target);
        if (name === 'kv') return faulty(storage.kv, /^(put|delete)$/, /^(get|list)$/);
        if (name === 'sql') return faulty(storage.sql, /^exec$/, /^exec$/);
        if (typeof value !== 'function') return value;
        return (...given: readonly unknown[]) => {
          const call = () => Reflect.apply(value, target, given);
          const selects = /^SELECT/i.test(String(given[0]));
          if (writes.test(String(name)) && !selects) return write(call, state, target === storage);
          return reads.test(String(name)) ? read(call, target === storage) : call();
        };
      },
    });
  const value = faulty(storage, /^(setAlarm|deleteAlarm|deleteAll)$/, /^getAlarm$/);
  Object.defineProperty(state, 'storage', { value, configurable: true });
  return state;
}

const failure = (isAsync: boolean): Promise<never> => {
  const error = new Error('the disk is full');
  if (isAsync) return Promise.reject(error);
  throw error;
};

function read(call: () => unknown, isAsync: boolean): unknown {
  const struck = plan?.fault === 'is not read' && ++plan.seen === plan.at;
  return struck ? failure(isAsync) : call();
}

function write(call: () => unknown, state: DurableObjectState, isAsync: boolean): unknown {
  const isCounted =
    plan !== undefined && plan.fault !== 'is not read' && (isAsync || plan.fault !== 'restarts late');
  const struck = plan !== undefined && isCounted && ++plan.seen === plan.at ? plan.fault : undefined;
  switch (struck) {
    case undefined:
    case 'is not read':
      return call();
    case 'fails':
      return failure(isAsync);
    case 'restarts':
      state.abort('restart');
      return failure(isAsync);
    case 'restarts late': {
      const end = async () => {
        await call();
        await state.storage.sync();
        state.abort('restart');
      };
      return end();
    }
  }
}
