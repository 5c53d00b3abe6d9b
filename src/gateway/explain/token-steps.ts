import type { JsonObject, JwsHeader } from '../../core/jose.ts';
import type { Access, TokenProfile } from '../../core/policy.ts';
import type { Rejection } from '../../core/rejection.ts';
import type { NumericDate } from '../../core/time.ts';
import type { StageName, Step, StepOutcome } from '../../telemetry/explanation.ts';
import { checkAudience, checkClaims, checkTimes, typeAccepted } from '../../tokens/claims.ts';
import { readSubject } from '../../tokens/subject.ts';
import { shownText, shownValue } from './shown-value.ts';

/** What verification takes in turn. */
export const TOKEN_STAGES = [
  'structure',
  'issuer',
  'algorithm',
  'type',
  'claims',
  'audience',
  'times',
  'key',
  'signature',
] as const satisfies readonly StageName[];

/** A token taken apart, and the profile that decides about it, as far as there are such. */
export interface TokenParts {
  readonly header: JwsHeader | undefined;
  readonly claims: JsonObject | undefined;
  readonly profile: TokenProfile | undefined;
  /** Parts between dots. */
  readonly parts: number;
  /** It is the word for nothing of some language. */
  readonly nothing: 'undefined' | 'null' | undefined;
}

/** Which step of verification a rejection is of. */
export function stageOf(
  rejection: Rejection,
  { profile, header }: TokenParts,
): (typeof TOKEN_STAGES)[number] | undefined {
  const evidence = 'evidence' in rejection ? rejection.evidence : undefined;
  switch (rejection.reason) {
    case 'token_malformed':
    case 'decryption_failed':
    case 'encryption_required':
      return 'structure';
    case 'issuer_untrusted':
      return 'issuer';
    case 'algorithm_not_allowed':
      return 'algorithm';
    case 'type_unexpected':
      return 'type';
    case 'claim_missing':
    case 'claim_invalid':
      if (evidence === 'iss') return 'issuer';
      return profile !== undefined && evidence === profile.audienceClaim ? 'audience' : 'claims';
    case 'audience_mismatch':
      return 'audience';
    case 'expired':
    case 'not_yet_valid':
      return 'times';
    case 'key_not_found':
      return 'key';
    case 'keys_unavailable':
      // Of an encrypted token that nothing here opens.
      return header === undefined ? 'structure' : 'key';
    case 'signature_invalid':
      return 'signature';
    default:
      return undefined;
  }
}

/** How each step of verification went; `failed` is the one that refused, undefined where none did. */
export function tokenSteps(
  { header, claims, profile, parts, nothing }: TokenParts,
  access: Access,
  failed: { readonly stage: (typeof TOKEN_STAGES)[number]; readonly unknown: boolean } | undefined,
  { now, signatureChecked }: { readonly now: NumericDate; readonly signatureChecked: boolean },
): readonly Step[] {
  const end = failed === undefined ? TOKEN_STAGES.length : TOKEN_STAGES.indexOf(failed.stage);
  const outcomeOf = (stage: (typeof TOKEN_STAGES)[number], index: number): StepOutcome => {
    if (index === end) return failed?.unknown ? 'unknown' : 'failed';
    if (index < end) {
      return !signatureChecked && (stage === 'key' || stage === 'signature') ? 'not_checked' : 'passed';
    }
    return wouldFail(stage, { header, claims, profile }, now) ? 'would_fail' : 'not_reached';
  };
  const profiles = [...access.profiles.values()].flat();
  const those = profile === undefined ? profiles : [profile];
  const facts: Readonly<Record<(typeof TOKEN_STAGES)[number], Omit<Step, 'stage' | 'outcome'>>> = {
    structure: {
      lookedAt: 'the form of the token',
      expected: ['three parts, signed'],
      found: nothing === undefined ? `${parts} parts` : `the word "${nothing}"`,
    },
    issuer: {
      lookedAt: 'iss, to the letter',
      expected: profiles.map(({ issuer }) => issuer),
      found: claimText(claims?.iss),
    },
    algorithm: {
      lookedAt: 'alg of the header',
      expected: [...new Set(those.flatMap(({ algorithms }) => [...algorithms]))],
      found: header === undefined ? null : shownText(header.alg),
    },
    type: {
      lookedAt: 'typ of the header',
      expected: profile === undefined || profile.types === 'any' ? [] : [...profile.types],
      found: header?.typ === undefined ? null : shownText(header.typ),
    },
    claims: {
      lookedAt: 'claims that must be there, and their types',
      expected: profile === undefined ? [] : mustHave(profile),
      found: claims === undefined ? null : Object.keys(claims).slice(0, 40).map(shownText).join(', '),
    },
    audience: {
      lookedAt: profile?.audienceClaim ?? 'aud',
      expected: those.flatMap(({ audience }) => (audience === 'any' ? [] : audience)),
      found: claimText(claims?.[profile?.audienceClaim ?? 'aud']),
    },
    times: {
      lookedAt: 'exp, nbf, iat',
      expected: [],
      found: timesText(claims),
    },
    key: {
      lookedAt: 'kid of the header',
      expected: [],
      found: header?.kid === undefined ? null : shownText(header.kid),
    },
    signature: { lookedAt: 'the signature', expected: [], found: null },
  };
  return TOKEN_STAGES.map((stage, index) => ({ stage, outcome: outcomeOf(stage, index), ...facts[stage] }));
}

/** Besides what refused: what each step says by itself. */
function wouldFail(
  stage: (typeof TOKEN_STAGES)[number],
  { header, claims: unread, profile }: Omit<TokenParts, 'parts' | 'nothing'>,
  now: NumericDate,
): boolean {
  if (header === undefined || unread === undefined || profile === undefined) return false;
  const claims = readSubject(unread, profile);
  switch (stage) {
    case 'type':
      return !typeAccepted(header.typ, profile);
    case 'audience':
      return checkAudience(claims, profile) !== undefined;
    case 'times': {
      // What is wrong with an audience or a type says nothing of the dates.
      const lenient: TokenProfile = { ...profile, audience: 'any', types: 'any', requiredClaims: [] };
      const times = checkClaims(header, claims, lenient);
      return times.ok && checkTimes(times.value, profile, now) !== undefined;
    }
    default:
      return false;
  }
}

const mustHave = ({ expiry, profile, requiredClaims }: TokenProfile): readonly string[] => [
  ...new Set([
    ...(expiry === 'required' ? ['exp'] : []),
    ...(profile === 'rfc9068' ? ['sub', 'client_id', 'iat', 'jti'] : []),
    ...requiredClaims,
  ]),
];

const claimText = (value: JsonObject[string]): string | null =>
  value === undefined
    ? null
    : typeof value === 'string'
      ? shownText(value)
      : JSON.stringify(shownValue(value));

const timesText = (claims: JsonObject | undefined): string | null => {
  const said = ['exp', 'nbf', 'iat'].flatMap((name) => {
    const value = claimText(claims?.[name]);
    return value === null ? [] : [`${name} ${value}`];
  });
  return said.length === 0 ? null : said.join(', ');
};
