import type { Requirement } from '../core/policy.ts';

/** A requirement in words of the configuration, for the log and for who asks why. */
export function describeRequirement(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'scope':
      return `scope ${requirement.values.join(' ')}`;
    case 'all':
    case 'any':
      return `${requirement.kind} (${requirement.of.map(describeRequirement).join(', ')})`;
    case 'not':
      return `not ${describeRequirement(requirement.of)}`;
    default:
      return requirement.name;
  }
}
