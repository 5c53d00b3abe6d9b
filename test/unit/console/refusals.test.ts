import { describe, expect, it } from 'vitest';
import { comparedIn } from '../../../src/console/refusals/compared.ts';
import type { Refused } from '../../../src/console/refusals/event.ts';
import { NOTHING, type Tail, withPage } from '../../../src/console/refusals/list.ts';
import { stagesOf } from '../../../src/console/refusals/stages.ts';

const event = (more: Partial<Refused> = {}): Refused => ({
  id: 'life.0',
  time: 1_800_000_000,
  reference: 'ab12',
  method: 'GET',
  host: 'api.example',
  path: '/orders/1',
  route: 'orders',
  decision: 'denied',
  reason: 'expired',
  status: 401,
  ...more,
});
const outcomes = (more: Partial<Refused>) =>
  Object.fromEntries(stagesOf(event(more)).map(({ stage, outcome }) => [stage, outcome]));

describe('how far a request came', () => {
  it.each([
    ['path_ambiguous', 'target'],
    ['route_not_found', 'route'],
    ['credentials_missing', 'credentials'],
    ['expired', 'token'],
    ['revoked', 'revocation'],
    ['claim_forbidden', 'requirement'],
    ['origin_timeout', 'origin'],
  ])('%s: refused at %s, past what is before, not at what follows', (reason, at) => {
    const stages = outcomes({ reason });
    const names = Object.keys(stages);
    expect(stages[at]).toBe('refused');
    for (const [i, name] of names.entries()) {
      if (name !== at && name !== 'limits') {
        expect(stages[name], name).toBe(i < names.indexOf(at) ? 'passed' : 'not reached');
      }
    }
    expect(stages.limits).toBe('not told');
  });

  it('of limits, which are counted before or after the token, it claims no more than it knows', () => {
    expect(outcomes({ reason: 'rate_limited' })).toMatchObject({
      route: 'passed',
      limits: 'refused',
      token: 'not told',
      origin: 'not reached',
    });
  });

  it('goes by what it would have been refused for', () => {
    expect(outcomes({ reason: null, wouldRefuse: 'revoked' }).revocation).toBe('refused');
  });

  it.each(['internal_error', 'of_a_newer_gateway', '__proto__', ''])('tells nothing of %j', (reason) => {
    expect(new Set(Object.values(outcomes({ reason })))).toEqual(new Set(['not told']));
  });
});

describe('what was compared', () => {
  it('says when a token had expired, beside the time of the request', () => {
    expect(comparedIn(event({ evidence: 'exp', unverified: { expiresAt: 1_799_999_820 } }))).toEqual([
      {
        what: 'exp of the token',
        found: '2027-01-15T07:57:00Z (3 min before the request)',
        wanted: 'after 2027-01-15T08:00:00Z',
      },
    ]);
  });

  it('holds what a token says of itself against the route', () => {
    const said = { unverified: { issuer: 'https://evil.example', audience: ['a', 'b'] } };
    expect(comparedIn(event({ reason: 'issuer_untrusted', ...said }))[0]).toMatchObject({
      found: 'https://evil.example',
      wanted: 'an issuer of the route orders',
    });
    expect(comparedIn(event({ reason: 'audience_mismatch', ...said }))[0]?.found).toBe('a, b');
  });

  it('is the rule alone where the event names no more, and nothing where it names none', () => {
    expect(comparedIn(event({ reason: 'claim_forbidden', evidence: 'role' }))).toEqual([
      { what: 'the rule', found: 'role', wanted: 'that it holds' },
    ]);
    expect(comparedIn(event({ reason: 'credentials_missing' }))).toEqual([]);
  });
});

describe('the list', () => {
  const page = (ids: readonly string[], more = {}) => ({
    refusals: ids.map((id) => event({ id })),
    cursor: 'life.9',
    dropped: 0,
    gap: false,
    ...more,
  });
  const ids = ({ events = [] }: Tail) => events.map(({ id }) => id);

  it('has the newest first, each once, however many share a reference, which a client may choose', () => {
    const first = withPage(NOTHING, page(['life.1', 'life.2']));
    expect(ids(first)).toEqual(['life.2', 'life.1']);
    expect(ids(withPage(first, page(['life.2', 'life.3'])))).toEqual(['life.3', 'life.2', 'life.1']);
  });

  it('keeps no more than 300, the newest', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => `life.${i}`);
    const held = withPage(withPage(NOTHING, page(many)), page(['life.new']));
    expect(ids(held)).toHaveLength(300);
    expect([ids(held)[0], ids(held).at(-1)]).toEqual(['life.new', 'life.701']);
  });

  it('goes on saying that something may be missing, and forgets what went wrong before', () => {
    const problem = { status: 503, title: '', detail: '', errors: [], reference: undefined };
    const gap = withPage({ ...NOTHING, problem }, page(['life.1'], { gap: true, dropped: 2 }));
    expect(gap).toMatchObject({ gap: true, dropped: 2, problem: undefined });
    expect(withPage(gap, page([]))).toMatchObject({ gap: true });
  });
});
