import type { External } from './external/contender.ts';
import { haproxy } from './external/haproxy.ts';

export type { External, ExternalContext } from './external/contender.ts';

/** The contenders outside workerd; bench/external/README.md says how each is configured. */
export const EXTERNALS: readonly External[] = [haproxy];

/** Whether its program, and what that loads, is on this machine. */
export const installed = (external: External): boolean => external.installed();
