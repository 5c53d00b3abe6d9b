/**
 * Sets of paths, segment by segment: `/a/` has the segments `a` and the empty text. A segment of a pattern is a name, a
 * beginning (`''`: anything, also nothing), or a parameter: anything but nothing. `open`: any further segments may follow.
 */
export interface PathPattern {
  readonly segments: readonly Segment[];
  readonly open: boolean;
}

type Segment =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'start'; readonly text: string }
  | { readonly kind: 'parameter' };

/** Every path of `inner` is in the set, and every path of the set is in `outer`. */
export interface PathSet {
  readonly inner: readonly PathPattern[];
  readonly outer: readonly PathPattern[];
}

export const name = (text: string): Segment => ({ kind: 'name', text });
export const isEmptyName = (segment: Segment | undefined): boolean =>
  segment?.kind === 'name' && segment.text === '';
export const isAnyText = (segment: Segment | undefined): boolean =>
  segment?.kind === 'start' && segment.text === '';
export const start = (text: string): Segment => ({ kind: 'start', text });
export const PARAMETER: Segment = { kind: 'parameter' };

export const EVERY_PATTERN: PathPattern = { segments: [start('')], open: true };
export const EVERY_PATH: PathSet = { inner: [EVERY_PATTERN], outer: [EVERY_PATTERN] };

export const exactSet = (...patterns: readonly PathPattern[]): PathSet => ({
  inner: patterns,
  outer: patterns,
});

/** Nothing is known but how its paths begin. */
export const unknownPaths = (beginning = '/'): PathSet => ({
  inner: [],
  outer: beginning.startsWith('/') ? [beginningWith(beginning)] : [EVERY_PATTERN],
});

const names = (path: string): readonly Segment[] => path.slice(1).split('/').map(name);

/** That path and no other. */
export const onePath = (path: string): PathPattern => ({ segments: names(path), open: false });

/** Every text that begins so, as `/ab` begins `/abc` and `/ab/c`. */
export function beginningWith(text: string): PathPattern {
  const segments = names(text);
  const last = segments.at(-1);
  return { segments: [...segments.slice(0, -1), start(last?.kind === 'name' ? last.text : '')], open: true };
}

/** The path and everything below it, by whole segments. */
export const below = (segments: readonly Segment[]): PathPattern =>
  segments.length === 0 ? EVERY_PATTERN : { segments, open: true };

function commonSegment(a: Segment, b: Segment): Segment | undefined {
  if (a.kind === 'name') return holds(b, a.text) ? a : undefined;
  if (b.kind === 'name') return commonSegment(b, a);
  if (a.kind === 'parameter') return b.kind === 'start' && b.text !== '' ? b : a;
  if (b.kind === 'parameter') return commonSegment(b, a);
  if (a.text.startsWith(b.text)) return a;
  return b.text.startsWith(a.text) ? b : undefined;
}

const holds = (segment: Segment, text: string): boolean =>
  segment.kind === 'name'
    ? segment.text === text
    : segment.kind === 'start'
      ? text.startsWith(segment.text)
      : text !== '';

/** The paths that both have; undefined: none. */
export function commonPaths(a: PathPattern, b: PathPattern): PathPattern | undefined {
  const [short, long] = a.segments.length <= b.segments.length ? [a, b] : [b, a];
  if (short.segments.length < long.segments.length && !short.open) return undefined;
  const segments: Segment[] = [];
  for (const [index, segment] of long.segments.entries()) {
    const other = short.segments[index];
    const common = other === undefined ? segment : commonSegment(segment, other);
    if (common === undefined) return undefined;
    segments.push(common);
  }
  return { segments, open: short.segments.length === long.segments.length ? a.open && b.open : long.open };
}

const withinSegment = (a: Segment, b: Segment): boolean => {
  if (a.kind === 'name') return holds(b, a.text);
  if (b.kind === 'name') return false;
  if (b.kind === 'parameter') return a.kind === 'parameter' || a.text !== '';
  return a.kind === 'start' ? a.text.startsWith(b.text) : b.text === '';
};

/** Whether every path of `a` is one of `b`. */
export function isWithin(a: PathPattern, b: PathPattern): boolean {
  if (a.segments.length < b.segments.length) return false;
  if (a.segments.length > b.segments.length && !b.open) return false;
  if (a.open && !b.open) return false;
  return b.segments.every((segment, index) => {
    const own = a.segments[index];
    return own !== undefined && withinSegment(own, segment);
  });
}

/** The two parts of a prefix: the path itself, and what has more segments. `/*` has but the second. */
export const partsOf = (pattern: PathPattern): readonly PathPattern[] =>
  pattern.open && pattern.segments.at(-1)?.kind !== 'start'
    ? [
        { segments: pattern.segments, open: false },
        { segments: [...pattern.segments, start('')], open: true },
      ]
    : [pattern];

/**
 * The patterns that a route's `path` can have and that come nearest: the set itself where it can be said, else what lies
 * within it, and beside it what has to be told apart.
 */
export function routablePatterns({ segments, open }: PathPattern): readonly PathPattern[] {
  const last = segments.at(-1);
  const before = segments.slice(0, -1);
  if (before.some(({ kind }) => kind === 'start') || !isRoutable({ segments, open })) return [];
  if (last?.kind !== 'start') return [{ segments, open }];
  if (!open) return [];
  if (last.text !== '') return [{ segments: [...before, name(last.text)], open: true }];
  return before.length === 0
    ? [EVERY_PATTERN]
    : [
        { segments: before, open: true },
        { segments: before, open: false },
      ];
}

/** Whether `routablePatterns` says all of it. */
export const isSaid = (pattern: PathPattern): boolean =>
  isRoutable(pattern) &&
  pattern.segments.every(
    ({ kind }, index) => kind !== 'start' || (index === pattern.segments.length - 1 && isAnything(pattern)),
  );

const isAnything = ({ segments, open }: PathPattern): boolean => {
  const last = segments.at(-1);
  return open && last?.kind === 'start' && last.text === '';
};

/** Whether its names may stand in a route's `path`: those that every reader of a path takes for the same, none empty before the end. */
const isRoutable = ({ segments, open }: PathPattern): boolean =>
  !(segments[0]?.kind === 'name' && segments[0].text.toLowerCase() === '.portcullis') &&
  segments.filter(({ kind }) => kind === 'parameter').length <= 8 &&
  segments.every((segment, index) =>
    segment.kind !== 'name'
      ? segment.kind === 'parameter' || segment.text === '' || PLAIN_NAME.test(segment.text)
      : segment.text === ''
        ? index === segments.length - 1 && !open
        : PLAIN_NAME.test(segment.text),
  );

const PLAIN_NAME = /^(?!:)(?!\.)[\w.~!@,=+'()&:-]*[\w~!@,=+'()&:-]$/;

/** As a route's `path` has it. */
export function pathText({ segments, open }: PathPattern): string {
  if (segments[0]?.kind === 'start') return '/*';
  const parts = segments.map((segment, index) => (segment.kind === 'name' ? segment.text : `:p${index + 1}`));
  return `/${parts.join('/')}${open ? '/*' : ''}`;
}

/** The same of a pattern whose end is anything below, as `path` and `rewrite` write it. */
export const writtenPath = ({ segments, open }: PathPattern): string =>
  pathText({ segments: open && segments.length > 1 ? segments.slice(0, -1) : segments, open });
