import type { ComponentType } from 'preact';
import { EXPLAIN } from './pages/explain.tsx';
import { NOW } from './pages/now.tsx';
import { POLICY } from './pages/policy.tsx';
import { REFUSALS } from './pages/refusals.tsx';
import { REVOCATIONS } from './pages/revocations.tsx';
import { SESSIONS } from './pages/sessions.tsx';

/** A page of the console: its file exports one of these. */
export interface Page {
  /** Where it is, behind `#`. */
  readonly path: `/${string}`;
  readonly title: string;
  readonly view: ComponentType;
}

/** In the order of the navigation; the first is where one arrives. A new page is a file in `pages/` and a line here. */
export const PAGES: readonly Page[] = [NOW, REFUSALS, EXPLAIN, REVOCATIONS, POLICY, SESSIONS];
