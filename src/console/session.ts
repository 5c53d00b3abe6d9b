import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from './open-session.ts';

/** What every page has at hand. */
export interface Surroundings {
  readonly session: Session;
  /** Whether what changes something is offered; the API decides. */
  readonly mayWrite: boolean;
  /** Says something to those who do not see the page. */
  readonly announce: (text: string) => void;
}

export const SurroundingsContext = createContext<Surroundings | undefined>(undefined);

export function useSurroundings(): Surroundings {
  const found = useContext(SurroundingsContext);
  if (found === undefined) throw new Error('a page stands outside the shell');
  return found;
}
