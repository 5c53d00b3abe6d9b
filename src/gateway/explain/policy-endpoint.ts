import type { Policy, RevocationPolicy, Route } from '../../core/policy.ts';
import type { Requirement } from '../../core/requirement.ts';
import type { Pipeline } from '../gateway.ts';
import { ownPipeline } from '../own-pipeline.ts';
import { sourceText } from './credentials-seen.ts';
import { hostText, pathText } from './near-routes.ts';
import { asked } from './requirement-seen.ts';

/** The routes of a gateway, as it has compiled them: plain JSON. */
export interface PolicySeen {
  readonly routes: readonly RouteSeen[];
  /** What is decided beside it, on a share of 100 requests; null: nothing. */
  readonly candidate: { readonly share: number; readonly routes: readonly RouteSeen[] } | null;
}

/** What one route is for, and what it requires. No origin, no header to it, no key and no secret. */
export interface RouteSeen {
  readonly name: string;
  readonly host: string;
  readonly path: string;
  /** null: every method. */
  readonly methods: readonly string[] | null;
  readonly authentication: 'required' | 'optional' | 'none';
  /** Names of ISSUERS tables. */
  readonly issuers: readonly string[];
  /** Where it looks for a token. */
  readonly sources: readonly string[];
  readonly requires: RequirementAsked;
  readonly revocation: Pick<RevocationPolicy, 'mode' | 'maxStalenessSeconds' | 'onUnavailable'>;
  readonly enforce: 'refuse' | 'report';
  readonly limited: boolean;
}

/** A requirement in words; `of` are its parts. */
export interface RequirementAsked {
  readonly kind: string;
  readonly asks: string;
  readonly of: readonly RequirementAsked[];
}

/**
 * `GET /.portcullis/policy`: what the routes of this gateway require, to whom `GATEWAY.explain` grants it: who may ask about
 * any request can find all of it out. Decided like any protected route.
 */
export const policyPipeline = (policy: Policy): Pipeline =>
  ownPipeline('portcullis-policy', policy.explain, policy, () =>
    Response.json(policySeen(policy), { headers: { 'Cache-Control': 'no-store' } }),
  );

const policySeen = ({ routes, candidate }: Policy): PolicySeen => ({
  routes: routes.map(routeSeen),
  candidate:
    candidate === undefined ? null : { share: candidate.share, routes: candidate.routes.map(routeSeen) },
});

function routeSeen({ name, match, access, enforce, rateLimit }: Route): RouteSeen {
  const { authentication, profiles, sources, requirement, revocation } = access;
  const { mode, maxStalenessSeconds, onUnavailable } = revocation;
  return {
    name,
    host: hostText(match.host),
    path: pathText(match.path),
    methods: match.methods ?? null,
    authentication,
    issuers: [...new Set([...profiles.values()].flat().map((profile) => profile.name))],
    sources: authentication === 'none' ? [] : sources.map(sourceText),
    requires: requirementAsked(requirement),
    revocation: { mode, maxStalenessSeconds, onUnavailable },
    enforce,
    limited: rateLimit !== undefined,
  };
}

function requirementAsked(requirement: Requirement): RequirementAsked {
  switch (requirement.kind) {
    case 'all':
    case 'any': {
      const asks = requirement.kind === 'all' ? 'all of these' : 'one of these';
      return { kind: requirement.kind, asks, of: requirement.of.map(requirementAsked) };
    }
    case 'not':
      return { kind: 'not', asks: 'not', of: [requirementAsked(requirement.of)] };
    default:
      return { kind: requirement.kind, asks: asked(requirement), of: [] };
  }
}
