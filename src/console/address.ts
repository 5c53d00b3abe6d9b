import { useEffect, useState } from 'preact/hooks';

/** Where in the console one is: the part behind `#`. */
export interface Address {
  /** Such as `/now`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export function readAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  return { path: path.startsWith('/') ? path : '/', query: new URLSearchParams(query) };
}

/** A link to a page of the console; members that are undefined or empty are left out. */
export function linkTo(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '');
  return given.length === 0 ? `#${path}` : `#${path}?${new URLSearchParams(given)}`;
}

export function useAddress(): Address {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return readAddress(hash);
}

/** Changes the query of the page one is on, without a step in the history. */
export function replaceQuery(path: string, query: Readonly<Record<string, string | undefined>>): void {
  history.replaceState(null, '', linkTo(path, query));
  dispatchEvent(new HashChangeEvent('hashchange'));
}
