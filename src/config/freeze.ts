function refuse(): never {
  throw new TypeError('the policy is read-only');
}

/** Freezes plain data in place, all the way down. Maps and sets, which `Object.freeze` leaves open, lose their mutators. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const mutator of ['set', 'add', 'delete', 'clear']) {
      Object.defineProperty(value, mutator, { value: refuse });
    }
    value.forEach((entry: unknown, key: unknown) => {
      deepFreeze(entry);
      deepFreeze(key);
    });
  }
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
