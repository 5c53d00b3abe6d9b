import { beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/core/decision.ts';
import type { Access } from '../../../src/core/policy.ts';
import type { LiveToken } from '../../../src/core/principal.ts';
import { receive } from '../../../src/core/received-request.ts';
import type { Rejection } from '../../../src/core/rejection.ts';
import { err, ok } from '../../../src/core/result.ts';
import type { VerifiedToken } from '../../../src/core/verified-token.ts';
import { type DecisionPorts, decide } from '../../../src/decision/decide.ts';
import { TokenCache } from '../../../src/tokens/token-cache.ts';
import { anAccess, NOW, someClaims } from '../../fixtures/policies.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { aContext, keysInMemory } from '../../fixtures/verification.ts';

let key: SigningKey;
let token: string;
beforeAll(async () => {
  key = await newSigningKey('ES256');
  token = await sign(key, someClaims({ scope: 'read' }));
});

const live = (verified: VerifiedToken): LiveToken =>
  ({ token: verified, revocation: 'checked' }) as LiveToken;
const REVOKED: Rejection = { reason: 'revoked', evidence: 'jti' };
const UNKNOWN: Rejection = { reason: 'revocation_unavailable', evidence: 'timeout', retryAfterSeconds: 5 };

/** Everything in memory: one key, a deny-list that answers as told, and a clock that moves a second at each look. */
function aWorld(answer: Rejection | 'live' = 'live', waits = false) {
  let now = NOW;
  const asked: string[] = [];
  const { profiles } = anAccess();
  const ports: DecisionPorts = {
    verifier: { keys: keysInMemory(() => [key.key]), cache: new TokenCache({ entries: 10, bytes: 1e6 }) },
    revocation: {
      check(verified, access) {
        asked.push(access.name);
        const checked = answer === 'live' ? ok(live(verified)) : err(answer);
        return waits ? Promise.resolve(checked) : checked;
      },
      replicaAgeSeconds: () => 1.5,
    },
    maxTokenBytes: 8_192,
    clock: () => ++now,
  };
  const ask = (
    authorization: string | undefined,
    access: Partial<Access> = {},
    more: { search?: string; explain?: boolean } = {},
  ): Decision | Promise<Decision> => {
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    const { search = '', ...rest } = more;
    const target = {
      scheme: 'https',
      authority: 'api.example',
      host: 'api.example',
      path: '/orders',
      search,
    } as const;
    const received = receive(new Request('https://api.example/orders', { headers }));
    return decide(anAccess({ profiles, ...access }), { received, target, ...rest }, ports, aContext());
  };
  return { ask, asked };
}

const outcome = (decision: Decision) => (decision.allowed ? 'allowed' : decision.rejection.reason);
const scope = (value: string) => ({ kind: 'scope', values: [value], match: 'all' }) as const;

describe('decide', () => {
  it('allows a token that holds, as its principal', async () => {
    const { ask } = aWorld();
    const decision = await ask(`Bearer ${token}`);
    if (!decision.allowed) throw new Error(decision.rejection.reason);
    expect(decision.principal?.token.claims.sub).toBe('user-42');
    expect(decision.findings).toEqual({
      token: decision.principal?.token,
      revocation: 'checked',
      replicaAgeSeconds: undefined,
      verifyMs: 1_000,
      revocationMs: 0,
      trace: undefined,
    });
  });

  it('tells how long the deny-list took, where it was waited for', async () => {
    const { ask } = aWorld('live', true);
    await ask(`Bearer ${token}`);
    expect(ask(`Bearer ${token}`)).toBeInstanceOf(Promise);
    const { findings } = await ask(`Bearer ${token}`);
    expect([findings.verifyMs, findings.revocationMs]).toEqual([0, 4_000]);
  });

  it('answers without a promise once key and token are in memory', async () => {
    const { ask } = aWorld();
    expect(ask(`Bearer ${token}`)).toBeInstanceOf(Promise);
    await ask(`Bearer ${token}`);
    expect(ask(`Bearer ${token}`)).not.toBeInstanceOf(Promise);
  });

  it('asks nobody anything without authentication', () => {
    const { ask, asked } = aWorld(REVOKED);
    const decision = ask(`Bearer ${token}`, { authentication: 'none' }) as Decision;
    expect(decision).toMatchObject({ allowed: true, principal: undefined });
    expect(decision.findings.token).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it.each([
    [undefined, '', 'credentials_missing'],
    ['Basic abc', '', 'credentials_missing'],
    ['Bearer', '', 'credentials_malformed'],
    [`Bearer ${'a'.repeat(8_193)}`, '', 'token_too_large'],
    ['Bearer abc', '?access_token=x', 'credentials_multiple'],
    ['Bearer abc', '', 'token_malformed'],
  ])('%s and %s: %s, and no revocation is asked for', async (authorization, search, reason) => {
    const { ask, asked } = aWorld();
    const decision = await ask(authorization?.slice(0, 9_000), {}, { search });
    expect(outcome(decision)).toBe(reason);
    expect(decision.findings.token).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('lets in who has no token where authentication is optional, and nobody by a bad one', async () => {
    const optional = { authentication: 'optional' } as const;
    const { ask, asked } = aWorld();
    const nobody = await ask(undefined, { ...optional, requirement: scope('write') });
    expect(nobody).toMatchObject({ allowed: true, principal: undefined, presented: undefined });
    expect(asked).toEqual([]);
    const somebody = await ask(`Bearer ${token}`, optional);
    expect(somebody).toMatchObject({ allowed: true, presented: token });
    expect(somebody.allowed && somebody.principal).toBeTruthy();
    const refused: readonly (readonly [string, string])[] = [
      ['Bearer', 'credentials_malformed'],
      ['Bearer a, Bearer b', 'credentials_multiple'],
      ['Bearer a.b.c', 'token_malformed'],
    ];
    for (const [authorization, reason] of refused) {
      expect(outcome(await ask(authorization, optional))).toBe(reason);
    }
    expect(outcome(await ask(`Bearer ${token}`, { ...optional, requirement: scope('write') }))).toBe(
      'scope_insufficient',
    );
    expect(outcome(await aWorld(UNKNOWN).ask(`Bearer ${token}`, optional))).toBe('revocation_unavailable');
    expect(outcome(await aWorld(REVOKED).ask(`Bearer ${token}`, optional))).toBe('revoked');
  });

  it('looks nowhere for a token where the policy names no source', async () => {
    expect(outcome(await aWorld().ask(`Bearer ${token}`, { sources: [] }))).toBe('credentials_missing');
  });

  it('tells of a token that has verified, also when it is refused', async () => {
    const decision = await aWorld(REVOKED).ask(`Bearer ${token}`, { requirement: scope('write') });
    expect(outcome(decision)).toBe('revoked');
    expect(decision.findings.token?.profile.name).toBe('acme');
    expect(decision.findings.revocation).toBeUndefined();
  });

  it('tells what a token that did not verify says of itself, and of no other', async () => {
    const late = await sign(key, someClaims({ exp: NOW - 60 }));
    expect((await aWorld().ask(`Bearer ${late}`)).findings.unverified).toMatchObject({ exp: NOW - 60 });
    expect((await aWorld().ask('Bearer a.b.c')).findings.unverified).toBeUndefined();
    expect((await aWorld(REVOKED).ask(`Bearer ${token}`)).findings.unverified).toBeUndefined();
  });

  it('does not take what it does not know for a denial', async () => {
    expect(outcome(await aWorld(UNKNOWN).ask(`Bearer ${token}`))).toBe('revocation_unavailable');
  });

  it.each([
    ['read', 'allowed'],
    ['write', 'scope_insufficient'],
  ])('a token with the scope read where %s is required: %s', async (required, expected) => {
    expect(outcome(await aWorld().ask(`Bearer ${token}`, { requirement: scope(required) }))).toBe(expected);
  });

  it('tells the age of the copy that was asked, where one was', async () => {
    const revocation = { ...anAccess().revocation, mode: 'replicated' } as const;
    const { findings } = await aWorld().ask(`Bearer ${token}`, { revocation });
    expect(findings.replicaAgeSeconds).toBe(1.5);
  });
});

describe('the trace of a decision', () => {
  const traceOf = async (access: Partial<Access>, answer: Rejection | 'live' = 'live', given = token) => {
    const decision = await aWorld(answer).ask(`Bearer ${given}`, access, { explain: true });
    return decision.findings.trace?.map(({ stage, outcome: how }) => `${stage} ${how}`);
  };

  it('is not made unless it is asked for', async () => {
    expect((await aWorld().ask(`Bearer ${token}`)).findings.trace).toBeUndefined();
  });

  it('names every stage that was reached, in order, and how it went', async () => {
    const all = ['credentials passed', 'verification passed', 'revocation passed'];
    expect(await traceOf({})).toEqual([...all, 'requirement passed']);
    expect(await traceOf({ requirement: scope('write') })).toEqual([
      ...all,
      'requirement scope_insufficient',
    ]);
    expect(await traceOf({}, REVOKED)).toEqual([...all.slice(0, 2), 'revocation revoked']);
    expect(await traceOf({}, 'live', 'a.b.c')).toEqual([
      'credentials passed',
      'verification token_malformed',
    ]);
    expect(await traceOf({ sources: [] })).toEqual(['credentials credentials_missing']);
    expect(await traceOf({ authentication: 'none' })).toEqual([]);
  });

  it('says what was looked at in words of the configuration, and nothing that the token says', async () => {
    const requirement = { kind: 'any', of: [scope('write'), { kind: 'not', of: scope('read') }] } as const;
    const decision = await aWorld().ask(`Bearer ${token}`, { requirement }, { explain: true });
    expect(decision.findings.trace).toEqual([
      { stage: 'credentials', lookedAt: 'bearer', outcome: 'passed', evidence: undefined, durationMs: 0 },
      { stage: 'verification', lookedAt: 'acme', outcome: 'passed', evidence: undefined, durationMs: 1_000 },
      { stage: 'revocation', lookedAt: 'strict', outcome: 'passed', evidence: undefined, durationMs: 0 },
      {
        stage: 'requirement',
        lookedAt: 'any (scope write, not scope read)',
        outcome: 'scope_insufficient',
        evidence: 'scope write',
        durationMs: 0,
      },
    ]);
    expect(JSON.stringify(decision.findings.trace)).not.toContain('user-42');
  });
});
