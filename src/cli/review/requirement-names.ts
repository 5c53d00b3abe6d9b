import type { RoutePattern } from '../../core/policy.ts';
import type { HostPattern, Requirement } from '../../core/requirement.ts';

/** What tells requests apart: a route, as far as that goes. */
export interface Pattern {
  readonly match: RoutePattern;
  readonly access: { readonly requirement: Requirement };
}

/** What a requirement tells requests apart by, beside their tokens. */
export interface RequirementNames {
  readonly methods: readonly string[];
  readonly hosts: readonly HostPattern[];
}

const NONE: RequirementNames = { methods: [], hosts: [] };

export function requirementNames(requirement: Requirement): RequirementNames {
  switch (requirement.kind) {
    case 'all':
    case 'any': {
      const names = requirement.of.map(requirementNames).filter((each) => each !== NONE);
      return names.length === 0
        ? NONE
        : { methods: names.flatMap(({ methods }) => methods), hosts: names.flatMap(({ hosts }) => hosts) };
    }
    case 'not':
      return requirementNames(requirement.of);
    case 'method':
      return { methods: requirement.values, hosts: [] };
    case 'host':
      return { methods: [], hosts: requirement.values };
    default:
      return NONE;
  }
}
