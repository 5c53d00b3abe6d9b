import type { Algorithm } from '../../core/jose.ts';
import { revocationKey } from '../../core/key-names.ts';
import type { Policy, TokenProfile } from '../../core/policy.ts';
import { type ClientRequest, loadOpenOffline, type OpenOffline } from '../offline/port.ts';
import { createStandInKeys, type StandInKeys } from '../stand-in/keys.ts';
import { claimsOf, mintToken, type TokenWish } from '../stand-in/mint.ts';
import type { Witness, WitnessToken } from './difference.ts';
import { AUTH_AGE } from './token-model.ts';

/** What became of one request under one policy. */
export interface Tried {
  /** Whether an origin was asked. */
  readonly passes: boolean;
  readonly status: number;
  /** undefined: it was not refused. */
  readonly reason: string | undefined;
}

/** Both policies' answers to a witness, and whether they are as claimed. */
export interface Confirmation {
  readonly old: Tried;
  readonly new: Tried;
  readonly confirmed: boolean;
}

/** The identifier of every witness's token, so that it can be revoked. */
const JTI = 'witness';

/** A policy's gateway, and what is revoked while it is asked: one request at a time. */
interface Asked {
  readonly ask: ReturnType<OpenOffline>;
  readonly revoked: Set<string>;
}

/** Policies to try requests on, by the gateway's own pipeline. One request of each at a time. */
export interface Trial<N extends string> {
  attempt(name: N, witness: Pick<Witness, 'method' | 'url' | 'token'>, mintedFor: N): Promise<Tried>;
}

export async function openTrial<N extends string>(
  policies: Readonly<Record<N, Policy>>,
  keys: StandInKeys = keysByIssuer(),
): Promise<Trial<N>> {
  const open = await loadOpenOffline();
  const now = Math.floor(Date.now() / 1000);
  const gateways = new Map<N, Asked>();
  // Asked of one policy after another, it is the same token.
  const mints = new WeakMap<WitnessToken, Map<N, ReturnType<typeof minting>>>();
  const profiles = new Map(
    Object.entries<Policy>(policies).map(([name, policy]) => [name, profilesOf(policy)]),
  );
  const all = [...new Set([...profiles.values()].flat())];
  const gatewayOf = (name: N): Asked => {
    const known = gateways.get(name);
    if (known !== undefined) return known;
    const revoked = new Set<string>();
    const gateway = { ask: open(policies[name], { keys, clock: () => now, revoked }), revoked };
    gateways.set(name, gateway);
    return gateway;
  };
  const mint = (token: WitnessToken, mintedFor: N) => {
    const made = mints.get(token) ?? new Map<N, ReturnType<typeof minting>>();
    const minted =
      made.get(mintedFor) ?? minting(token, { profiles: profiles.get(mintedFor) ?? [], all, keys, now });
    mints.set(token, made.set(mintedFor, minted));
    return minted;
  };
  return {
    async attempt(name, { method, url, token }, mintedFor) {
      const minted = token && (await mint(token, mintedFor));
      const request = minted
        ? carrying(minted.token, minted.text, { method, url })
        : { method, url, headers: [] };
      const { ask, revoked } = gatewayOf(name);
      for (const key of minted?.revoked ?? []) revoked.add(key);
      const { response, event, asked } = await ask(request);
      revoked.clear();
      return { passes: asked !== undefined, status: response.status, reason: event.reason ?? undefined };
    },
  };
}

/** Tries a witness on both policies. */
export async function confirmWitness(witness: Witness, trial: Trial<'old' | 'new'>): Promise<Confirmation> {
  const [old, now] = await Promise.all([
    trial.attempt('old', witness, witness.passes),
    trial.attempt('new', witness, witness.passes),
  ]);
  const [passing, other] = witness.passes === 'old' ? [old, now] : [now, old];
  return { old, new: now, confirmed: passing.passes && !other.passes };
}

interface Mint {
  /** Of the policy that lets it through. */
  readonly profiles: readonly TokenProfile[];
  /** Of all policies. */
  readonly all: readonly TokenProfile[];
  readonly keys: StandInKeys;
  readonly now: number;
}

async function minting(token: WitnessToken, { profiles, all, keys, now }: Mint) {
  if ('text' in token) return { token, text: token.text, revoked: [] };
  const profile = profiles.find(({ name }) => name === token.issuer);
  if (profile === undefined) throw new Error('a witness of an issuer that the policy has not');
  const alike = all.filter(({ issuer }) => issuer === profile.issuer);
  const wish = timely({ algorithm: swiftest(alike), ...token.wish }, now);
  // Whichever claim each policy takes its identifier from, it is revoked for both.
  const identifiers = Object.fromEntries(alike.map(({ jtiClaim }) => [jtiClaim, JTI]));
  const named = token.revoked ? { ...wish, claims: { ...wish.claims, ...identifiers } } : wish;
  const text = await mintToken(profile, named, keys, now);
  // Of a template, an issuer of many.
  const { iss } = claimsOf(profile, named, now);
  return { token, text, revoked: token.revoked ? [revocationKey('jti', String(iss), JTI)] : [] };
}

const profilesOf = ({ issuers, routes }: Policy): readonly TokenProfile[] => [
  ...new Set([...issuers, ...routes.flatMap(({ access }) => [...access.profiles.values()].flat())]),
];

/** Signing with RSA takes twenty times as long, and making a key for it a thousand times. */
const SWIFT: readonly Algorithm[] = ['ES256', 'EdDSA', 'Ed25519'];

/** One that all of them take, so that it is not what tells them apart. */
const swiftest = (profiles: readonly TokenProfile[]): Algorithm | undefined =>
  SWIFT.find((algorithm) => profiles.every(({ algorithms }) => algorithms.has(algorithm)));

function timely({ claims = {}, ...wish }: TokenWish, now: number): TokenWish {
  const { [AUTH_AGE]: authAge, ...others } = claims;
  return { ...wish, claims: typeof authAge === 'number' ? { ...others, auth_time: now - authAge } : others };
}

/** A request of the same origin, so that a cookie counts. */
function carrying(
  { source }: WitnessToken,
  text: string,
  { method, url }: Pick<ClientRequest, 'method' | 'url'>,
): ClientRequest {
  switch (source.kind) {
    case 'bearer':
      return { method, url, headers: [['Authorization', `Bearer ${text}`]] };
    case 'header':
      return {
        method,
        url,
        headers: [[source.name, source.scheme === undefined ? text : `${source.scheme} ${text}`]],
      };
    case 'cookie':
      return {
        method,
        url,
        headers: [
          ['Cookie', `${source.name}=${text}`],
          ['Origin', new URL(url).origin],
          ['Sec-Fetch-Site', 'same-origin'],
        ],
      };
    case 'query':
      return { method, url: `${url}?${source.name}=${text}`, headers: [] };
    case 'websocket_protocol': {
      const protocol =
        source.form === 'next'
          ? `${source.name}, ${text}`
          : `${source.name}${Buffer.from(text).toString('base64url')}`;
      return {
        method,
        url,
        headers: [
          ['Upgrade', 'websocket'],
          ['Connection', 'Upgrade'],
          ['Sec-WebSocket-Protocol', protocol],
          ['Origin', new URL(url).origin],
        ],
      };
    }
  }
}

/** Tables of one `iss` have the same keys, whatever they are called, and wherever they have them from. */
function keysByIssuer(): StandInKeys {
  const keys = createStandInKeys();
  const renamed = <P extends { readonly name: string; readonly issuer: string }>(provider: P): P => ({
    ...provider,
    name: provider.issuer,
  });
  return {
    ...keys,
    source: {
      ...keys.source,
      keysFor: (provider, ...rest) => keys.source.keysFor(renamed(provider), ...rest),
    },
    sign: (provider, header, payload) => keys.sign(renamed(provider), header, payload),
  };
}
