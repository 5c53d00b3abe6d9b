/** Events kept of one entry, the latest included: the first one, and those that came last. */
export const MAX_EVENTS = 10;

/**
 * The audit of an entry that is revoked again: JSON texts, one a line, the oldest first and the latest last. JSON has no
 * line end within. A repetition that changes nothing, and says the same, adds nothing.
 */
export function appendedEvent(held: string, event: string, changes: boolean): string {
  if (!held.startsWith('{')) return event;
  const events = held.split('\n').filter((line) => line !== '');
  if (!changes && undated(events.at(-1) ?? '') === undated(event)) return held;
  events.push(event);
  if (events.length > MAX_EVENTS) events.splice(1, 1);
  return events.join('\n');
}

/** Who, through what and why, without when. */
const undated = (event: string): string => event.replace(/^\{"at":[\d.]+,/, '{');
