/** `make`, called once for each object: what it made is kept for as long as the object is, and no longer. */
export function remember<Key extends object, Made>(make: (key: Key) => Made): (key: Key) => Made {
  const remembered = new WeakMap<Key, Made>();
  return (key) => {
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    remembered.set(key, made);
    return made;
  };
}
