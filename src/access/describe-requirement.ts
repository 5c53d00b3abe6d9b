import type { Requirement } from '../core/requirement.ts';

/** A requirement in words of the configuration, for the log and for who asks why. Names claims, never their values. */
export function describeRequirement(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'scope':
      return `scope ${requirement.values.join(' ')}`;
    case 'all':
    case 'any':
      return `${requirement.kind} (${requirement.of.map(describeRequirement).join(', ')})`;
    case 'not':
      return `not ${describeRequirement(requirement.of)}`;
    case 'authentication': {
      const { acr, amr, maxAgeSeconds } = requirement;
      const asked = { acr, amr, max_auth_age: maxAgeSeconds };
      return Object.entries(asked)
        .flatMap(([name, value]) => (value === undefined ? [] : [name]))
        .join(' and ');
    }
    case 'token_age':
      return 'max_token_age';
    case 'client':
    case 'issuer':
    case 'method':
    case 'host':
      return requirement.kind;
    default:
      return requirement.name;
  }
}
