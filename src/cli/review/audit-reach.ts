import type { Policy, Route } from '../../core/policy.ts';
import { buildRouteTable } from '../../routing/route-table.ts';
import type { Concern } from './audit-rules.ts';
import { sideOf } from './compare-policies.ts';
import { opennessOf } from './compare-reach.ts';
import { someToken } from './compare-tokens.ts';
import { regionsOf } from './regions.ts';

/** Routes that decide nothing, since others are more specific wherever they match, and routes that no token passes. */
export function unreachable(policy: Policy): readonly Concern[] {
  const table = buildRouteTable(policy.routes);
  const decides = new Set<Route>();
  const passable = new Set<Route>();
  for (const { example } of regionsOf(policy.routes)) {
    const side = sideOf(policy, table, example);
    if (side.route === undefined) continue;
    decides.add(side.route);
    if (passable.has(side.route)) continue;
    const open = opennessOf(side.route) !== 'required' || someToken({ example }, side) !== 'none';
    if (open) passable.add(side.route);
  }
  return policy.routes.flatMap((route): Concern[] => {
    if (!decides.has(route)) {
      return [
        {
          name: `shadowed.${route.name}`,
          what: `route ${route.name}: decides no request`,
          why: 'wherever it matches, another route is more specific',
          reference: 'docs/routing.md',
        },
      ];
    }
    return passable.has(route)
      ? []
      : [
          {
            name: `nobody_passes.${route.name}`,
            what: `route ${route.name}: no token meets its requirement`,
            why: 'what it requires contradicts itself, or what its issuers can say',
            reference: 'docs/configuration.md',
          },
        ];
  });
}
