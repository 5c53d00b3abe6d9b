import { name, PARAMETER, type PathPattern, start } from './path-set.ts';

/** `{name}` or `:name` is one segment, `/*` at the end everything below; undefined: no route can have it. */
export function patternOf(path: string): PathPattern | undefined {
  if (!path.startsWith('/')) return undefined;
  const open = path.endsWith('/*');
  const parts = (open ? path.slice(1, -2) : path.slice(1)).split('/').filter((part) => !open || part !== '');
  const segments = parts.map((part) =>
    /^(?:\{[\w-]+\}|:[\w-]+)$/.test(part) ? PARAMETER : /[{}*:]/.test(part) ? undefined : name(part),
  );
  if (!segments.every((segment) => segment !== undefined)) return undefined;
  return { segments: open ? [...segments, start('')] : segments, open };
}
