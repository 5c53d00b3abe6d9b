import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { RequestContext } from '../../../src/core/context.ts';
import type { OperationalEvent } from '../../../src/core/event.ts';
import type { Algorithm, VerificationKey } from '../../../src/core/jose.ts';
import type { JwksCachePolicy, KeyPins, KeyProvider, KeyProviderSource } from '../../../src/core/policy.ts';
import type { Result } from '../../../src/core/result.ts';
import { createKeySource, type KeySourcePorts } from '../../../src/keys/key-source.ts';
import type { Candidates, FetchDocument, KeySource, MissingAsOf } from '../../../src/keys/port.ts';
import { aProvider, NOW } from '../../fixtures/policies.ts';

export const JWKS_URI = 'https://issuer.example/jwks';

/** Round numbers, so that a sequence can be read without a calculator. */
export const CACHE: JwksCachePolicy = {
  maxAgeSeconds: 600,
  minFreshSeconds: 30,
  maxFreshSeconds: 3_600,
  staleWhileRevalidateSeconds: 600,
  staleIfErrorSeconds: 14_400,
  cooldownSeconds: 30,
  timeoutMs: 3_000,
  maxBytes: 65_536,
  maxKeys: 20,
};

export const NO_PINS: KeyPins = {
  allowedKids: undefined,
  allowedThumbprints: undefined,
  blockedKids: new Set(),
};

export const remote = (
  overrides: Partial<Extract<KeyProviderSource, { from: 'remote' }>> = {},
): Extract<KeyProviderSource, { from: 'remote' }> => ({
  from: 'remote',
  jwksUri: JWKS_URI,
  httpHosts: new Set(),
  discovery: 'openid',
  cache: CACHE,
  pins: NO_PINS,
  ...overrides,
});

/** Key material by name: the same name is the same key throughout a test file. */
const made = new Map<string, Promise<JWK>>();
export const publicJwk = async (material: string, alg: Algorithm = 'ES256'): Promise<JWK> => {
  const name = `${alg} ${material}`;
  const pending =
    made.get(name) ??
    generateKeyPair(alg, { extractable: true }).then(({ publicKey }) => exportJWK(publicKey));
  made.set(name, pending);
  return { ...(await pending) };
};

/** A signature key under the name of its material, or under another `kid`. */
export const jwk = async (kid: string, material = kid): Promise<JWK> => ({
  ...(await publicJwk(material)),
  kid,
  alg: 'ES256',
  use: 'sig',
});

export type Reply = () => Response | Promise<Response>;

export const json =
  (body: unknown, headers: Record<string, string> = {}, status = 200): Reply =>
  () =>
    new Response(status === 304 ? null : JSON.stringify(body), { status, headers });

export const jwks = async (
  kids: readonly (string | JWK)[],
  headers: Record<string, string> = {},
): Promise<Reply> =>
  json({ keys: await Promise.all(kids.map((kid) => (typeof kid === 'string' ? jwk(kid) : kid))) }, headers);

export const status = (code: number): Reply => json({}, {}, code);
export const refused: Reply = () => Promise.reject(new TypeError('connection refused'));

/** A reply that comes when the test says so, of what the issuer had when it was asked. */
export const deferred = (reply: Reply): { readonly reply: Reply; readonly release: () => void } => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { reply: () => released.then(reply), release: () => release() };
};
export const hang: Reply = () => new Promise(() => {});

/** An issuer that answers by script, a clock that moves by hand, and requests that ask for keys. */
export class Stage {
  now = NOW;
  reply: Reply = refused;
  readonly fetched: { readonly url: string; readonly headers: Headers; readonly init: RequestInit }[] = [];
  readonly events: OperationalEvent[] = [];
  readonly issuer: KeyProvider;
  source: KeySource;
  #background: Promise<unknown>[] = [];
  readonly #start: () => KeySource;

  constructor(
    options: {
      issuer?: Partial<KeyProvider>;
      archive?: KeySourcePorts['archive'];
      secrets?: ReadonlyMap<string, string>;
      missingAsOf?: MissingAsOf;
    } = {},
  ) {
    this.issuer = aProvider({ source: remote(), ...options.issuer });
    this.#start = () =>
      createKeySource([this.issuer], {
        fetch: this.#fetch,
        clock: () => this.now,
        secrets: options.secrets ?? new Map(),
        jitter: () => 0,
        archive: options.archive,
        ...(options.missingAsOf ? { missingAsOf: options.missingAsOf } : {}),
      });
    this.source = this.#start();
  }

  readonly #fetch: FetchDocument = async (url, init) => {
    this.fetched.push({ url, headers: new Headers(init.headers), init });
    return this.reply();
  };

  get fetches(): number {
    return this.fetched.length;
  }

  /** A new isolate: nothing in memory. */
  restart(): void {
    this.source = this.#start();
  }

  context(): RequestContext {
    return {
      now: this.now,
      waitUntil: (work) => this.#background.push(work),
      emit: (event) => this.events.push(event),
    };
  }

  keysFor(
    kid: string | undefined,
    alg = 'ES256',
    tried?: readonly VerificationKey[],
  ): Result<Candidates> | Promise<Result<Candidates>> {
    const header = kid === undefined ? { alg } : { alg, kid };
    return this.source.keysFor(this.issuer, header, this.context(), tried);
  }

  /** One request: `ok`, or the reason it was refused for, with `after N` for a 503. */
  async ask(kid: string | undefined, alg?: string): Promise<string> {
    return verdict(await this.keysFor(kid, alg));
  }

  /** What ran behind the requests so far. */
  async settle(): Promise<void> {
    const background = this.#background;
    this.#background = [];
    await Promise.all(background);
  }

  names(): string[] {
    return this.events.map(({ event }) => event);
  }
}

export const verdict = (answer: Result<Candidates>): string => {
  if (answer.ok) return 'ok';
  const { error } = answer;
  return error.reason === 'keys_unavailable' ? `503 after ${error.retryAfterSeconds}` : error.reason;
};
