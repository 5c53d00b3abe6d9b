import type { RequestContext } from '../../core/context.ts';
import type { Decision } from '../../core/decision.ts';
import type { JsonObject, JsonValue } from '../../core/jose.ts';
import type { Access } from '../../core/policy.ts';
import type { ReceivedRequest } from '../../core/received-request.ts';
import { REJECTIONS, type Rejection } from '../../core/rejection.ts';
import type { NumericDate } from '../../core/time.ts';
import { findToken } from '../../credentials/find-token.ts';
import { decide } from '../../decision/decide.ts';
import type { RouteMatch } from '../../routing/route-table.ts';
import type { Explanation, Step, StepOutcome, TokenSeen } from '../../telemetry/explanation.ts';
import { chooseProfile } from '../../tokens/choose-profile.ts';
import { decodeToken } from '../../tokens/decode.ts';
import type { Gateway } from '../gateway.ts';
import { credentialsSeen, sourceText } from './credentials-seen.ts';
import { requirementSeen } from './requirement-seen.ts';
import { shownText, shownValue } from './shown-value.ts';
import { stageOf, type TokenParts, tokenSteps } from './token-steps.ts';

export interface ExplainOptions {
  /** Of the issuer of a token: whether its signature is really checked. */
  readonly signatureChecked: (access: Access, token: string) => boolean;
  /** Whether the deny-list is really asked. */
  readonly revocationAsked: boolean;
}

interface Asked {
  readonly received: ReceivedRequest;
  readonly match: RouteMatch;
  readonly context: RequestContext;
}

interface AccessSeen {
  readonly steps: readonly Step[];
  readonly seen: TokenSeen | null;
  readonly requirement: Explanation['requirement'];
}

/** How the decision about a matched request went: from where its token stands to what its route requires. */
export async function accessSeen(
  gateway: Gateway,
  { received, match, context }: Asked,
  options: ExplainOptions,
): Promise<AccessSeen> {
  const { access } = match.route;
  const { target, parameters } = match;
  if (access.authentication === 'none') {
    return { steps: [notNeeded()], seen: null, requirement: null };
  }
  const request = { received, target, parameters, explain: true };
  const { now } = context;
  const decision = await decide(access, request, gateway, context);
  const found = findToken(access, request, { maxTokenBytes: gateway.maxTokenBytes, known: undefined });
  const credentials: Step = {
    stage: 'credentials',
    outcome: found.ok ? 'passed' : missingIsFine(access, found.error) ? 'not_needed' : 'failed',
    lookedAt: 'where the route looks for a token',
    expected: access.sources.map(sourceText),
    found: found.ok ? sourceText(found.source) : credentialsSeen(received).join('; ') || null,
  };
  if (!found.ok) return { steps: [credentials], seen: null, requirement: null };
  const parts = partsOf(found.value, access, decision);
  const signatureChecked = options.signatureChecked(access, found.value);
  const rejection = decision.allowed ? undefined : decision.rejection;
  const traced = decision.findings.trace?.find(({ outcome }) => outcome !== 'passed')?.stage;
  const stage = rejection && traced === 'verification' ? stageOf(rejection, parts) : undefined;
  const failed = rejection && stage && { stage, unknown: REJECTIONS[rejection.reason].state === 'unknown' };
  const { token } = decision.findings;
  const circumstances = { request, context };
  const requirement =
    token && traced !== 'revocation' ? requirementSeen(access.requirement, token, circumstances) : null;
  return {
    steps: [
      credentials,
      ...tokenSteps(parts, access, failed, { now, signatureChecked }),
      revocationStep(access, traced, rejection, options.revocationAsked),
      {
        stage: 'requirement',
        outcome: requirement === null ? 'not_reached' : requirement.holds ? 'passed' : 'failed',
        lookedAt: 'what the route requires of claims and request',
        expected: [],
        found: null,
      },
    ],
    seen: tokenSeen(gateway, parts, token !== undefined && signatureChecked, now),
    requirement: requirement && (parts.encrypted ? withoutValues(requirement) : requirement),
  };
}

const notNeeded = (): Step => ({
  stage: 'credentials',
  outcome: 'not_needed',
  lookedAt: 'nothing: the route is public',
  expected: [],
  found: null,
});

const missingIsFine = ({ authentication }: Access, { reason }: Rejection): boolean =>
  authentication === 'optional' && reason === 'credentials_missing';

interface Parts extends TokenParts {
  readonly encrypted: boolean;
}

function partsOf(text: string, access: Access, { findings }: Decision): Parts {
  const parts = text.split('.').length;
  const nothing = text === 'undefined' || text === 'null' ? text : undefined;
  const padded = access.sources.some((source) => source.kind === 'header' && source.padded);
  const decoded = decodeToken(text, padded);
  if (!decoded.ok) {
    const { token } = findings;
    return {
      header: token?.header,
      claims: undefined,
      profile: token?.profile,
      parts,
      nothing,
      encrypted: parts === 5,
    };
  }
  const { header, claims } = decoded.value;
  const chosen = chooseProfile(decoded.value, access.profiles);
  // One that refuses for its algorithm or tenant decides all the same.
  const those = typeof claims.iss === 'string' ? access.profiles.get(claims.iss) : undefined;
  const profile = chosen.ok ? chosen.value.profile : those?.length === 1 ? those[0] : undefined;
  return { header, claims, profile, parts, nothing, encrypted: false };
}

function revocationStep(
  { revocation: { mode } }: Access,
  traced: string | undefined,
  rejection: Rejection | undefined,
  asked: boolean,
): Step {
  const outcome = (): StepOutcome => {
    if (traced === 'revocation') {
      return rejection && REJECTIONS[rejection.reason].state === 'unknown' ? 'unknown' : 'failed';
    }
    if (traced === 'verification') return 'not_reached';
    if (mode === 'off') return 'not_needed';
    return asked ? 'passed' : 'not_checked';
  };
  const lookedAt = mode === 'off' ? 'nothing: revocation is off here' : `the deny-list (${mode})`;
  return { stage: 'revocation', outcome: outcome(), lookedAt, expected: [], found: null };
}

function tokenSeen(gateway: Gateway, parts: Parts, verified: boolean, now: NumericDate): TokenSeen {
  const { header, claims, profile } = parts;
  const keys = profile && gateway.verifier.keys.status(now).find(({ issuer }) => issuer === profile.name);
  const names = keys?.from === 'secret' ? [] : keys?.keys.map(({ kid }) => kid ?? '(no kid)');
  return {
    verified,
    issuer: profile?.name ?? null,
    header: Object.fromEntries(
      Object.entries(header ?? {}).map(([name, value]) => [name, shownText(String(value))]),
    ),
    claims: Object.fromEntries(
      Object.entries(shownValue(claims ?? {}) as JsonObject).flatMap(
        ([name, value]): [string, JsonValue][] => (value === undefined ? [] : [[name, value]]),
      ),
    ),
    clockToleranceSeconds: profile?.clockToleranceSeconds ?? null,
    keysAtHand: names ?? null,
    keysFailed: keys?.lastError === undefined ? null : `${keys.lastError.why}: ${keys.lastError.detail}`,
  };
}

const withoutValues = <T extends NonNullable<Explanation['requirement']>>(requirement: T): T => ({
  ...requirement,
  found: null,
  of: requirement.of.map(withoutValues),
});
