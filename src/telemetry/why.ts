import type { JsonValue } from '../core/jose.ts';
import { momentText } from '../core/moment-text.ts';
import type { RejectionReason } from '../core/rejection.ts';
import { BEARER_SLIPS } from './bearer-slips.ts';
import type { Explanation, RequirementSeen, StageName, Step } from './explanation.ts';
import { differenceText, kindOfToken } from './likeness.ts';
import { claimLikeness, lifetimeText, scopeLikeness } from './near-claims.ts';

/**
 * What is wrong with this one request, in a sentence or two, from the values that were compared. Undefined where there
 * is nothing to add to what the reason means in general.
 */
export function whyOf(explanation: Explanation): string | undefined {
  const reason = explanation.reason ?? explanation.wouldRefuse;
  if (reason === null) return undefined;
  const said = SAYINGS[reason]?.(explanation);
  const kind = explanation.token === null ? undefined : kindOfToken(explanation.token);
  const wrongToken =
    kind !== undefined && ABOUT_TOKENS.has(reason) ? `This is ${kind}; an API wants an access token.` : '';
  const sentences = [said ?? '', wrongToken].filter((sentence) => sentence !== '');
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

const ABOUT_TOKENS: ReadonlySet<RejectionReason> = new Set([
  'algorithm_not_allowed',
  'audience_mismatch',
  'claim_invalid',
  'claim_missing',
  'expired',
  'issuer_untrusted',
  'key_not_found',
  'scope_insufficient',
  'type_unexpected',
]);

type Saying = (explanation: Explanation) => string | undefined;

const stepOf = ({ steps }: Explanation, stage: StageName): Step | undefined =>
  steps.find((step) => step.stage === stage);

const listed = (values: readonly string[], none = 'nothing'): string =>
  values.length === 0 ? none : values.map((value) => JSON.stringify(value)).join(' or ');

const issuerName = ({ token }: Explanation): string =>
  token?.issuer == null ? 'the issuer' : `issuer ${token.issuer}`;

const claimOf = ({ token }: Explanation, name: string): JsonValue | undefined =>
  token !== null && Object.hasOwn(token.claims, name) ? token.claims[name] : undefined;

const dateOf = (explanation: Explanation, name: string): string | undefined => {
  const value = claimOf(explanation, name);
  if (typeof value === 'number' && value > 1e11)
    return `${value}, which looks like milliseconds: dates in tokens are seconds`;
  return typeof value === 'number' ? momentText(value, explanation.now) : undefined;
};

const SAYINGS: { readonly [reason in RejectionReason]?: Saying } = {
  route_not_found: ({ request, routes: { nearest } }) => {
    const [first] = nearest;
    const near =
      first === undefined
        ? ''
        : ` Route ${first.route} comes nearest; its ${first.because.filter((each) => each !== 'less_specific').join(' and ')} ${first.because.length > 1 ? 'are others' : 'is another'}: ${first.host === 'any' ? '' : first.host}${first.path}.`;
    const lower = request.path.toLowerCase();
    const folded = nearest.some(({ path }) => {
      const prefix = path.replace(/\*$/, '');
      return !request.path.startsWith(prefix) && lower.startsWith(prefix.toLowerCase());
    })
      ? ' Paths tell letter case apart.'
      : '';
    return `No route is for ${request.host}${request.path}.${near}${folded}${/%2f/i.test(request.path) ? ' In a path, %2F is no slash: it stands inside one segment.' : ''}`;
  },
  path_ambiguous: ({ request, evidence }) =>
    evidence === 'spelling_of_another_route'
      ? `${ambiguousPart(request.path)} Some origins read this path as one of another route or of none, so that nobody can tell whose policy holds.`
      : `${ambiguousPart(request.path)} The URL breaks the rule "${evidence}", which docs/routing.md explains.`.trim(),
  method_not_allowed: ({ request, steps }) =>
    `The route is for ${steps.find(({ stage }) => stage === 'route')?.expected.join(', ')}, and the request is ${request.method}.`,
  credentials_missing: (explanation) => {
    const { expected = [], found = null } = stepOf(explanation, 'credentials') ?? {};
    const wanted = `the route looks for it in ${expected.join(', ')}`;
    if (found === null) return `The request has no token; ${wanted}.`;
    if (found.includes('and no scheme')) return `Authorization holds a token without "Bearer " before it.`;
    return `Found: ${found}; ${wanted}.`;
  },
  credentials_malformed: (explanation) => {
    const { found = null } = stepOf(explanation, 'credentials') ?? {};
    const slip = BEARER_SLIPS.find((each) => found?.includes(each.found));
    return slip === undefined
      ? `What stands where the token should be is none: characters that no token has, such as spaces or quotes (${explanation.evidence}).`
      : slip.why;
  },
  credentials_multiple: ({ evidence }) => `There is more than one token (${evidence}).`,
  token_malformed: (explanation) => {
    const { found = '' } = stepOf(explanation, 'structure') ?? {};
    if (found?.startsWith('the word')) {
      return `What was sent as the token is ${found}: the client had none when it built the request.`;
    }
    if (found === '1 parts') return 'The token is opaque: it has no dots, so it is no JWT.';
    if (found === '5 parts') return 'The token is encrypted (JWE), and no key is configured to open it.';
    return `The token cannot be read as a signed JWT: ${explanation.evidence}.`;
  },
  issuer_untrusted: (explanation) => {
    const { expected = [], found = null } = stepOf(explanation, 'issuer') ?? {};
    return `The token's "iss" is ${found === null ? 'missing' : JSON.stringify(found)}; the route accepts ${listed(expected)}.${differenceText(found, expected)}`;
  },
  algorithm_not_allowed: (explanation) => {
    const { expected = [], found = null } = stepOf(explanation, 'algorithm') ?? {};
    if (found?.toLowerCase() === 'none') return 'The token is not signed ("alg" is "none").';
    const secret = found?.startsWith('HS') && expected.every((each) => !each.startsWith('HS'));
    const how = secret ? ' HS means a shared secret, and the issuer signs with a private key.' : '';
    return `The token is signed with ${found}; ${issuerName(explanation)} signs with ${expected.join(' or ')}.${how}`;
  },
  type_unexpected: (explanation) => {
    const { expected = [], found = null } = stepOf(explanation, 'type') ?? {};
    return `The header's "typ" is ${found === null ? 'missing' : JSON.stringify(found)}; ${issuerName(explanation)} has ${listed(expected)}.`;
  },
  claim_missing: (explanation) => `The token has no "${explanation.evidence}".`,
  claim_invalid: (explanation) => {
    const { evidence } = explanation;
    if (evidence === 'exp beyond max_token_lifetime') {
      return `The token lives ${lifetimeText(explanation.token)}, which is beyond the "max_token_lifetime" of ${issuerName(explanation)}.`;
    }
    const value = evidence === null ? undefined : claimOf(explanation, evidence);
    if (value === undefined) return `The token's ${evidence} is not as it must be.`;
    const text = typeof value === 'string' && DATES.has(evidence ?? '');
    return `The token's "${evidence}" is ${JSON.stringify(value)}, which is not as it must be.${text ? ' A date is a number, and this is a text.' : ''}`;
  },
  audience_mismatch: (explanation) => {
    const { expected = [], found = null } = stepOf(explanation, 'audience') ?? {};
    return `The token is for ${found}; this gateway is ${listed(expected)}.${differenceText(found, expected)}`;
  },
  expired: (explanation) => {
    const tolerance = explanation.token?.clockToleranceSeconds;
    const of = `${issuerName(explanation)} tolerates ${tolerance ?? 0} s`;
    return explanation.evidence === 'iat'
      ? `The token is too old: it was issued ${dateOf(explanation, 'iat')}, and ${issuerName(explanation)} has a "max_token_age".`
      : `The token expired: its "exp" is ${dateOf(explanation, 'exp')}; ${of}.`;
  },
  not_yet_valid: (explanation) => {
    const name = explanation.evidence ?? 'nbf';
    return `The token is not valid yet: its "${name}" is ${dateOf(explanation, name)}. Either clock may be off; ${issuerName(explanation)} tolerates ${explanation.token?.clockToleranceSeconds ?? 0} s.`;
  },
  key_not_found: (explanation) => {
    const { found = null } = stepOf(explanation, 'key') ?? {};
    const { keysAtHand = null } = explanation.token ?? {};
    const named = found === null ? 'The token names no key' : `The token names the key "${found}"`;
    return keysAtHand === null || keysAtHand.length === 0
      ? `${named}: ${explanation.evidence}.`
      : `${named}; ${issuerName(explanation)} has ${listed(keysAtHand)}. It was replaced, or belongs to another environment.`;
  },
  signature_invalid: (explanation) =>
    `No key of ${issuerName(explanation)} made this signature: header or claims were changed afterwards, the token was cut, or a key of the same name in another environment signed it.`,
  keys_unavailable: (explanation) => {
    const failed = explanation.token?.keysFailed;
    if (explanation.evidence === 'keys_not_asked_for') return 'The keys were not asked for.';
    if (explanation.token?.header.alg === undefined) {
      return `The token is encrypted, and a secret of "decryption_keys" is not at hand, or is no private key (.dev.vars).`;
    }
    return failed == null
      ? `The keys of ${issuerName(explanation)} cannot be had (${explanation.evidence}).`
      : `The keys of ${issuerName(explanation)} could not be fetched: ${failed}.`;
  },
  scope_insufficient: (explanation) => {
    const leaf = failedLeaf(explanation.requirement);
    if (leaf === undefined) return undefined;
    const has = leaf.found === null ? 'has no scope' : `has ${leaf.found}`;
    const like = scopeLikeness(leaf.found, scopesAsked(leaf));
    return `The route needs ${leaf.asks}, and the token ${has}.${like === '' ? elsewhere(explanation, leaf) : like}`;
  },
  claim_forbidden: (explanation) => {
    const leaf = failedLeaf(explanation.requirement);
    if (leaf === undefined) return undefined;
    const at = leaf.at === null ? '' : ` (${leaf.at})`;
    const like = claimLikeness(leaf, explanation.token?.claims ?? {});
    return `The route wants: ${leaf.asks}${at}; the token has ${leaf.found ?? 'no such claim'}.${like}`;
  },
  authentication_insufficient: (explanation) => {
    const leaf = failedLeaf(explanation.requirement);
    return leaf && `The route wants: ${leaf.asks}; the token has ${leaf.found ?? 'none of these claims'}.`;
  },
};

const ambiguousPart = (path: string): string => {
  const part = /%2f|%5c|\/\/|;|%2e|\/\.\.?(?=\/|$)/i.exec(path)?.[0];
  return part === undefined ? '' : `The path has "${part}".`;
};

/** The first part that does not hold, all the way down. */
function failedLeaf(requirement: RequirementSeen | null): RequirementSeen | undefined {
  if (requirement === null || requirement.holds) return undefined;
  for (const part of requirement.of) {
    const failed = requirement.kind === 'not' ? part : failedLeaf(part);
    if (failed !== undefined)
      return requirement.kind === 'not' ? { ...part, asks: `not: ${part.asks}` } : failed;
  }
  return requirement.of.length === 0 ? requirement : undefined;
}

const DATES: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf']);

const scopesAsked = ({ asks }: RequirementSeen): readonly string[] =>
  asks.replace(/^scope /, '').split(/ and | or /);

/** A claim that the gateway does not take scopes from, and that has the one. */
function elsewhere({ token }: Explanation, leaf: RequirementSeen): string {
  const wanted = scopesAsked(leaf);
  const place = Object.entries(token?.claims ?? {}).find(
    ([name, value]) => name !== 'scope' && wanted.some((scope) => JSON.stringify(value).includes(`${scope}`)),
  )?.[0];
  return place === undefined
    ? ''
    : ` The claim "${place}" names it, which is not where scopes are read: "scope", else "scp", or the issuer's "scope_claim".`;
}
