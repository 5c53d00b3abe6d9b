import type { Problem } from '../problem.ts';
import type { RefusalPage, Refused } from './event.ts';

/** Rows that are kept on the page. */
export const MOST_ROWS = 300;

export interface Tail {
  /** The newest first; undefined: not asked yet. */
  readonly events: readonly Refused[] | undefined;
  readonly dropped: number;
  readonly gap: boolean;
  readonly problem: Problem | undefined;
}

export const NOTHING: Tail = { events: undefined, dropped: 0, gap: false, problem: undefined };

/** The newest first, each once: a page that overlaps with what is there brings nothing twice. */
function withNew(events: readonly Refused[], page: readonly Refused[]): readonly Refused[] {
  const known = new Set(events.map(({ id }) => id));
  return [...page.filter(({ id }) => !known.has(id)).reverse(), ...events].slice(0, MOST_ROWS);
}

/** What a page adds to what is there. That something is missing stays said for as long as the list does. */
export const withPage = (held: Tail, { refusals, dropped, gap }: RefusalPage): Tail => ({
  events: withNew(held.events ?? [], refusals),
  dropped,
  gap: held.gap || gap,
  problem: undefined,
});
