/**
 * What happens at one write of a Durable Object: it `fails` without an effect; the object `restarts` there, which takes what
 * the turn has written with it; or it `restarts late`, once all of that is on disk and nobody has been answered: at the
 * writes that are waited for.
 */
export type StorageFault = 'fails' | 'restarts' | 'restarts late';

interface Plan {
  readonly at: number;
  readonly fault: StorageFault;
  seen: number;
}

let plan: Plan | undefined;

/**
 * Runs `work` while the write number `at`, from 1, of all objects of this isolate goes wrong. @returns whether there were as
 * many, and what came of it
 */
export async function withFault<T>(
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

/** A Durable Object's state whose writes go wrong when told to. */
export function withFaultyStorage(state: DurableObjectState): DurableObjectState {
  const { storage } = state;
  const faulty = (target: object, writes: RegExp): object =>
    new Proxy(target, {
      get(_target, name) {
        const value = Reflect.get(target, name, target);
        if (name === 'kv') return faulty(storage.kv, /^(put|delete)$/);
        if (name === 'sql') return faulty(storage.sql, /^exec$/);
        if (typeof value !== 'function') return value;
        return (...given: readonly unknown[]) => {
          const call = () => Reflect.apply(value, target, given);
          return writes.test(String(name)) && !/^SELECT/i.test(String(given[0]))
            ? write(call, state, target === storage)
            : call();
        };
      },
    });
  const value = faulty(storage, /^(setAlarm|deleteAlarm|deleteAll)$/);
  Object.defineProperty(state, 'storage', { value, configurable: true });
  return state;
}

function write(call: () => unknown, state: DurableObjectState, isAsync: boolean): unknown {
  const isCounted = plan !== undefined && (isAsync || plan.fault !== 'restarts late');
  const struck = plan !== undefined && isCounted && ++plan.seen === plan.at ? plan.fault : undefined;
  const fail = () => {
    const error = new Error('the disk is full');
    if (isAsync) return Promise.reject(error);
    throw error;
  };
  switch (struck) {
    case undefined:
      return call();
    case 'fails':
      return fail();
    case 'restarts':
      state.abort('restart');
      return fail();
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
