import { AUDIENCE } from '../fixtures/issuer.ts';
import type { Stack } from './stack.ts';
import type { Tokens } from './tokens.ts';

export type Fault = 'issuers' | 'redis' | 'origin';

/** How an answer is counted, and the fault that alone explains it. */
export interface Answer {
  readonly decision: 'allowed' | 'denied' | 'unknown';
  readonly reason?: string;
  readonly issuer?: string;
  readonly because?: Fault;
}

/** By status. Any other status is a mistake. */
export type Answers = Readonly<Record<number, Answer>>;

/** Requests of which it is known before what they are answered. */
export interface Kind {
  readonly name: string;
  readonly perSecond: number;
  readonly route: 'open' | 'orders' | 'fragile' | 'strict' | 'replicated';
  readonly token: () => Promise<string | undefined>;
  readonly answers: Answers;
}

export const KINDS = [
  'open',
  'orders',
  'anonymous',
  'fragile',
  'strict',
  'revoked',
  'replicated',
  'forged',
  'foreign',
  'expired',
] as const;
export type KindName = (typeof KINDS)[number];

/** Of a usual load, a few percent each to the parts that are to fail; and what an attack or a broken client sends. */
export function kindsOf({ lasting, fragile }: Stack, tokens: Tokens): Readonly<Record<KindName, Kind>> {
  const refused = (reason: string): Answers => ({ 401: { decision: 'denied', reason } });
  const doubt: Answer = {
    decision: 'unknown',
    reason: 'revocation_unavailable',
    issuer: 'tokens',
    because: 'redis',
  };
  const good = async () => lasting.sign();
  const kind = (
    perSecond: number,
    route: Kind['route'],
    token: Kind['token'],
    answers: Answers,
  ): Omit<Kind, 'name'> => ({ perSecond, route, token, answers });
  const kinds: Readonly<Record<KindName, Omit<Kind, 'name'>>> = {
    open: kind(8, 'open', async () => undefined, {
      200: { decision: 'allowed' },
      503: { decision: 'allowed', because: 'origin' },
    }),
    orders: kind(20, 'orders', good, { 200: { decision: 'allowed', issuer: 'lasting' } }),
    anonymous: kind(0.4, 'orders', async () => undefined, refused('credentials_missing')),
    fragile: kind(0.4, 'fragile', async () => fragile.sign(), {
      200: { decision: 'allowed', issuer: 'fragile' },
      503: { decision: 'unknown', reason: 'keys_unavailable', because: 'issuers' },
    }),
    strict: kind(0.4, 'strict', async () => tokens.current(), {
      200: { decision: 'allowed', issuer: 'tokens' },
      503: doubt,
    }),
    revoked: kind(0.2, 'strict', async () => tokens.revoked(), {
      401: { decision: 'denied', reason: 'revoked', issuer: 'tokens' },
      503: doubt,
    }),
    replicated: kind(2, 'replicated', good, {
      200: { decision: 'allowed', issuer: 'lasting' },
      503: { ...doubt, issuer: 'lasting' },
    }),
    forged: kind(1, 'orders', async () => forged(await good()), refused('signature_invalid')),
    foreign: kind(
      1,
      'orders',
      async () => lasting.sign({ aud: `${AUDIENCE}/other` }),
      refused('audience_mismatch'),
    ),
    expired: kind(
      12,
      'orders',
      async () => lasting.sign({ iat: before(1_200), exp: before(600) }),
      refused('expired'),
    ),
  };
  return Object.fromEntries(KINDS.map((name) => [name, { ...kinds[name], name }])) as Record<KindName, Kind>;
}

const before = (seconds: number) => Math.floor(Date.now() / 1e3) - seconds;
const forged = (token: string) => `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`;
