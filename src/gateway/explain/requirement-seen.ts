import { requirementHolds } from '../../access/requirement.ts';
import type { Circumstances } from '../../core/circumstances.ts';
import type { JsonValue } from '../../core/jose.ts';
import type { HostPattern, Leaf, Requirement } from '../../core/requirement.ts';
import { resolveClaim } from '../../core/resolve-claim.ts';
import type { VerifiedToken } from '../../core/verified-token.ts';
import type { RequirementSeen } from '../../telemetry/explanation.ts';
import { shownText, shownValue } from './shown-value.ts';

/** A requirement part by part: whether each holds, as `authorize` finds it, and what it was compared with. */
export function requirementSeen(
  requirement: Requirement,
  token: VerifiedToken,
  circumstances: Circumstances,
): RequirementSeen {
  const holds = requirementHolds(requirement, token, circumstances);
  const part = (of: Requirement) => requirementSeen(of, token, circumstances);
  switch (requirement.kind) {
    case 'all':
    case 'any': {
      const asks = requirement.kind === 'all' ? 'all of these' : 'one of these';
      return { kind: requirement.kind, at: null, asks, holds, found: null, of: requirement.of.map(part) };
    }
    case 'not': {
      const at = requirement.at ?? null;
      return { kind: 'not', at, asks: 'not', holds, found: null, of: [part(requirement.of)] };
    }
    default: {
      const found = foundOf(requirement, token, circumstances);
      return {
        kind: requirement.kind,
        at: requirement.at ?? null,
        asks: asked(requirement),
        holds,
        found: found === undefined ? null : JSON.stringify(shownValue(found)),
        of: [],
      };
    }
  }
}

/** In words of the configuration. */
export function asked(leaf: Leaf): string {
  switch (leaf.kind) {
    case 'scope':
      return `scope ${leaf.values.join(leaf.match === 'all' ? ' and ' : ' or ')}`;
    case 'client':
    case 'issuer':
    case 'method':
      return `${leaf.kind} is ${leaf.values.join(' or ')}`;
    case 'host':
      return `host is ${leaf.values.map(hostText).join(' or ')}`;
    case 'token_age':
      return `token not older than ${leaf.maxSeconds} s`;
    case 'authentication': {
      const { acr, amr, maxAgeSeconds } = leaf;
      return [
        ...(acr === undefined ? [] : [`acr is ${acr.join(' or ')}`]),
        ...(amr === undefined ? [] : [`amr has ${amr.join(' and ')}`]),
        ...(maxAgeSeconds === undefined ? [] : [`auth_time not older than ${maxAgeSeconds} s`]),
      ].join(', ');
    }
    case 'equals':
      return `${leaf.name} equals ${json(leaf.value)}`;
    case 'one_of':
      return `${leaf.name} is one of ${json(leaf.values)}`;
    case 'contains':
      return `${leaf.name} contains ${json(leaf.value)}`;
    case 'contains_any':
      return `${leaf.name} contains one of ${json(leaf.values)}`;
    case 'contains_all':
      return `${leaf.name} contains all of ${json(leaf.values)}`;
    case 'exists':
      return `${leaf.name} is there`;
    case 'matches':
      return `${leaf.name} matches ${json(leaf.pieces.join('*'))}`;
    case 'range':
      return `${leaf.name} is ${[
        ...(leaf.min === undefined ? [] : [`at least ${leaf.min}`]),
        ...(leaf.max === undefined ? [] : [`at most ${leaf.max}`]),
      ].join(' and ')}`;
    case 'has_key':
      return `${leaf.name} has the member ${json(leaf.key)}`;
    case 'equals_param':
      return `${leaf.name} equals :${leaf.parameter} of the path`;
    case 'contains_param':
      return `${leaf.name} contains :${leaf.parameter} of the path`;
  }
}

function foundOf(leaf: Leaf, token: VerifiedToken, circumstances: Circumstances): JsonValue | undefined {
  const { claims, profile, iat } = token;
  switch (leaf.kind) {
    case 'scope':
      return profile.scopeClaim === undefined
        ? claims[Object.hasOwn(claims, 'scope') ? 'scope' : 'scp']
        : resolveClaim(claims, profile.scopeClaim);
    case 'client':
      return claims[Object.hasOwn(claims, 'client_id') ? 'client_id' : 'azp'];
    case 'issuer':
      return profile.name;
    case 'method':
      return circumstances.request.received.method;
    case 'host':
      return circumstances.request.target.host;
    case 'token_age':
      return iat === undefined ? undefined : `iat is ${Math.round(circumstances.context.now - iat)} s ago`;
    case 'authentication': {
      const { acr, amr, auth_time } = claims;
      const said = { acr, amr, auth_time };
      return Object.values(said).every((value) => value === undefined) ? undefined : said;
    }
    case 'equals_param':
    case 'contains_param': {
      const parameter = circumstances.request.parameters?.get(leaf.parameter);
      return {
        claim: resolveClaim(claims, leaf.path) ?? null,
        [`:${leaf.parameter}`]: parameter === undefined ? null : shownText(parameter.raw),
      };
    }
    default:
      return resolveClaim(claims, leaf.path);
  }
}

const json = (value: JsonValue): string => JSON.stringify(value);

const hostText = ({ kind, value }: HostPattern): string => (kind === 'exact' ? value : `*.${value}`);
