import type { JwsHeader } from '../core/jose.ts';
import type { KeyProvider } from '../core/policy.ts';
import { err } from '../core/result.ts';
import type { Clock } from '../core/time.ts';
import type { SealedCache } from '../sealed-cache/port.ts';
import { MAX_NAME_CHARACTERS } from './certificate.ts';
import { InlineKeys } from './inline-keys.ts';
import { MAX_KID_CHARACTERS } from './jwk.ts';
import type { FetchDocument, KeySource, MissingAsOf } from './port.ts';
import { RemoteKeys } from './remote-keys.ts';
import { SecretKeys } from './secret-keys.ts';
import { JwksArchive } from './stored-jwks.ts';

export interface KeySourcePorts {
  readonly fetch: FetchDocument;
  readonly clock: Clock;
  /** HMAC secrets by binding name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The second level, shared by the isolates of one place; undefined: every isolate fetches for itself. */
  readonly archive?: SealedCache | undefined;
  /** A number from 0 to 1 that differs between isolates: spreads their refreshes. */
  readonly jitter: () => number;
  /** By default `cooldown`. */
  readonly missingAsOf?: MissingAsOf;
}

/**
 * The keys of all configured providers. Build it once for each isolate and policy: it holds what was fetched.
 * A provider that is not in `providers` is a bug of the caller and throws.
 */
export const createKeySource = (providers: readonly KeyProvider[], ports: KeySourcePorts): KeySource => {
  const archive = ports.archive && new JwksArchive(ports.archive);
  const sources = new Map(providers.map((provider) => [provider, sourceOf(provider, ports, archive)]));
  return {
    keysFor(provider, header, context, tried) {
      const source = sources.get(provider);
      if (source === undefined) throw new TypeError('keys were asked for a provider that is not configured');
      const allowed: ReadonlySet<string> = provider.algorithms;
      if (!allowed.has(header.alg)) return err({ reason: 'algorithm_not_allowed', evidence: 'alg' });
      const fault = nameFault(provider, header);
      if (fault !== undefined) return err({ reason: 'key_not_found', evidence: fault });
      return source.keysFor(header, context, tried);
    },
    status: (now) => [...sources.values()].map((source) => source.status(now)),
  };
};

const sourceOf = (provider: KeyProvider, ports: KeySourcePorts, archive: JwksArchive | undefined) => {
  const { source } = provider;
  switch (source.from) {
    case 'remote':
      return new RemoteKeys(provider, source, { missingAsOf: 'cooldown', ...ports, archive });
    case 'inline':
      return new InlineKeys(provider, source);
    case 'pem':
      return new InlineKeys(provider, source);
    case 'secret': {
      const secrets = source.bindings.map((binding) => ports.secrets.get(binding));
      return new SecretKeys(provider, secrets, source.encoding);
    }
  }
};

/** What the configuration alone tells about the names of a key: such a token never costs a fetch. */
const nameFault = ({ source }: KeyProvider, { kid, x5t, x5tS256 }: JwsHeader): string | undefined => {
  if (source.from === 'secret') return undefined;
  for (const digest of [x5t, x5tS256])
    if (digest !== undefined && digest.length > MAX_NAME_CHARACTERS)
      return 'a certificate digest longer than any accepted one';
  if (kid === undefined) return undefined;
  if (kid.length > MAX_KID_CHARACTERS) return 'a kid longer than any accepted one';
  if (source.pins.blockedKids.has(kid)) return 'the kid is blocked';
  return source.pins.allowedKids?.has(kid) === false ? 'the kid is not among the allowed ones' : undefined;
};
