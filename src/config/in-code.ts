import type * as z from 'zod/mini';
import { type ConfigProblem, problem } from './problem.ts';
import type { gatewayTable, issuerTable, routeTable } from './schema.ts';

/**
 * The gateway's configuration as TypeScript writes it: the tables of docs/configuration.md under the same names.
 * `ISSUERS_<GROUP>` and `ROUTES_<GROUP>` are for variables, whose size is bounded; here nothing is.
 */
export interface GatewayConfig {
  readonly ISSUERS?: Readonly<Record<string, z.input<typeof issuerTable>>>;
  readonly ROUTES?: Readonly<Record<string, z.input<typeof routeTable>>>;
  /** What a route leaves out: taken from its group, then from the defaults. */
  readonly ROUTE_GROUPS?: Readonly<Record<string, Omit<z.input<typeof routeTable>, 'path' | 'group'>>>;
  readonly ROUTE_DEFAULTS?: Omit<z.input<typeof routeTable>, 'path' | 'group' | 'unset'>;
  readonly CANDIDATE_ISSUERS?: Readonly<Record<string, z.input<typeof issuerTable>>>;
  readonly CANDIDATE_ROUTES?: Readonly<Record<string, z.input<typeof routeTable>>>;
  readonly GATEWAY?: z.input<typeof gatewayTable>;
}

/** A table given in code and as a variable (or a group of variables) too. */
export function variablesTwice(
  variables: Readonly<Record<string, unknown>>,
  config: GatewayConfig,
): readonly ConfigProblem[] {
  return Object.keys(config).flatMap((name) =>
    Object.keys(variables)
      .filter((variable) => variable === name || variable.startsWith(`${name}_`))
      .map((variable) =>
        problem(
          [variable],
          `a variable beside ${name} in code`,
          'one of the two: the code, or the variables',
        ),
      ),
  );
}
