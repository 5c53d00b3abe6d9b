import { type Pattern, requirementNames } from './requirement-names.ts';

/** Hosts that no pattern tells apart. */
export interface HostClass {
  /** `*.example.com` for a wildcard's; undefined: of any other host. */
  readonly text: string | undefined;
  /** One of them. */
  readonly example: string;
  /** Routes of exactly this host pattern, and of those less specific that match it as well. */
  readonly own: readonly Pattern[];
  readonly shared: readonly Pattern[];
  /** Whether to look at all its paths, and not only at those that its own routes have a part in. */
  readonly whole: boolean;
}

/** The hosts that routes, and requirements of theirs, tell apart: each exact one, each wildcard's, all others. */
export function hostClasses(routes: readonly Pattern[]): readonly HostClass[] {
  const exact = new Map<string, Pattern[]>();
  const wildcard = new Map<string, Pattern[]>();
  const unbound: Pattern[] = [];
  const asked = new Set<string>();
  for (const route of routes) {
    const { host } = route.match;
    if (host.kind === 'any') unbound.push(route);
    else listIn(host.kind === 'exact' ? exact : wildcard, host.value.toLowerCase()).push(route);
    for (const { kind, value } of requirementNames(route.access.requirement).hosts) {
      listIn(kind === 'exact' ? exact : wildcard, value);
      asked.add(`${kind} ${value}`);
    }
  }
  const wildcardsOf = (host: string): readonly Pattern[] =>
    suffixesOf(host).flatMap((suffix) => wildcard.get(suffix) ?? []);
  return [
    {
      text: undefined,
      example: freshHost(
        'gateway.example',
        (host) => exact.has(host) || suffixesOf(host).some((each) => wildcard.has(each)),
      ),
      own: unbound,
      shared: [],
      whole: true,
    },
    ...[...wildcard].map(([value, own]) => ({
      text: `*.${value}`,
      example: freshHost(`any.${value}`, (host) => exact.has(host)),
      own,
      shared: [...wildcardsOf(value), ...unbound],
      whole: asked.has(`wildcard ${value}`),
    })),
    ...[...exact].map(([value, own]) => ({
      text: value,
      example: value,
      own,
      shared: [...wildcardsOf(value), ...unbound],
      whole: asked.has(`exact ${value}`) || asked.size > 0,
    })),
  ];
}

function listIn(map: Map<string, Pattern[]>, key: string): Pattern[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

/** `b.c` and `c` of `a.b.c`. */
function suffixesOf(host: string): readonly string[] {
  const labels = host.split('.');
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join('.'));
}

/** The first of a name with ever higher numbers in its first label, or in its last. */
function freshHost(wanted: string, taken: (host: string) => boolean): string {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : number;
    const host = [wanted.replace(/^[a-z]+/, `$&${suffix}`), `${wanted}${suffix}`].find(
      (each) => !taken(each),
    );
    if (host !== undefined) return host;
  }
}
