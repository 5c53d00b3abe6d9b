import type { JsonValue } from '../../core/jose.ts';
import type { Requirement } from '../../core/requirement.ts';

/** A requirement with its values, for people who review it. */
export function requirementText(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'all':
    case 'any':
      if (requirement.of.length === 0) return requirement.kind === 'all' ? 'nothing' : 'what cannot be';
      return requirement.of.length === 1
        ? requirement.of.map(requirementText).join()
        : `${requirement.kind} of (${requirement.of.map(requirementText).join('; ')})`;
    case 'not':
      return `not (${requirementText(requirement.of)})`;
    case 'scope': {
      const { values, match } = requirement;
      return `${values.length > 1 && match === 'any' ? 'one scope of' : 'scope'} ${values.join(' ')}`;
    }
    case 'client':
    case 'issuer':
    case 'method':
      return `${requirement.kind} ${requirement.values.join(' or ')}`;
    case 'host':
      return `host ${requirement.values.map(({ kind, value }) => (kind === 'exact' ? value : `*.${value}`)).join(' or ')}`;
    case 'token_age':
      return `issued at most ${requirement.maxSeconds} s ago`;
    case 'authentication': {
      const { acr, amr, maxAgeSeconds } = requirement;
      return [
        ...(acr ? [`acr ${acr.join(' or ')}`] : []),
        ...(amr ? [`amr ${amr.join(' and ')}`] : []),
        ...(maxAgeSeconds === undefined ? [] : [`authenticated at most ${maxAgeSeconds} s ago`]),
      ].join(', ');
    }
    case 'equals':
    case 'contains':
      return `claim ${requirement.name} ${requirement.kind} ${JSON.stringify(requirement.value)}`;
    case 'one_of':
    case 'contains_any':
    case 'contains_all':
      return `claim ${requirement.name} ${requirement.kind} ${listText(requirement.values)}`;
    case 'exists':
      return `claim ${requirement.name} exists`;
    case 'matches':
      return `claim ${requirement.name} matches ${JSON.stringify(requirement.pieces.join('*'))}`;
    case 'range': {
      const { name, min, max } = requirement;
      return `claim ${name}${min === undefined ? '' : ` at least ${min}`}${max === undefined ? '' : ` at most ${max}`}`;
    }
    case 'has_key':
      return `claim ${requirement.name} has_key ${requirement.key}`;
    case 'equals_param':
    case 'contains_param':
      return `claim ${requirement.name} ${requirement.kind} ${requirement.parameter}`;
  }
}

const listText = (values: readonly JsonValue[]): string =>
  values.map((value) => JSON.stringify(value)).join(' or ');
