import type { Region } from './regions.ts';

/** Regions of one kind, in as few lines as tell them: `GET, HEAD api.example.com/orders/*`. */
export function regionLines(regions: readonly Region[]): readonly string[] {
  const places = new Map<string, Region[]>();
  for (const region of regions) {
    const place = `${region.host ?? ''} ${region.path}`;
    places.set(place, [...(places.get(place) ?? []), region]);
  }
  const lines = new Map<string, { methods: string; host: string; path: string }>();
  for (const parts of places.values()) {
    const [{ host = 'any host', path } = { host: '', path: '' }] = parts;
    const named = parts.flatMap(({ method }) => (method === undefined ? [] : [method]));
    const others = parts.some(({ method }) => method === undefined);
    const methods = !others
      ? named.join(', ')
      : named.length === 0
        ? 'every method'
        : `${named.join(', ')} and others`;
    lines.set(`${methods} ${host} ${path}`, { methods, host, path });
  }
  const told = [...lines.values()];
  // What a `/*` of the same methods and host covers needs no line of its own.
  const covered = ({ methods, host, path }: { methods: string; host: string; path: string }) =>
    ancestorsOf(path).some((above) => lines.has(`${methods} ${host} ${above}`));
  return told
    .filter((line) => !covered(line))
    .map(
      ({ methods, host, path }) =>
        `${methods} ${host === 'any host' ? `${path} of any host` : `${host}${path}`}`,
    );
}

/** `/a/*` and `/*` of `/a/b`, and `/a/*` of `/a`. */
function ancestorsOf(path: string): readonly string[] {
  const own = path.endsWith('/*') ? path.slice(0, -2) : path;
  const names = own === '/' || own === '' ? [] : own.slice(1).split('/');
  return [...names.keys(), names.length]
    .map((count) => `/${[...names.slice(0, count), '*'].join('/')}`)
    .filter((above) => above !== path);
}
