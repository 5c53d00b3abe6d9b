/** What is tried, and with what. A part that is left out is said not to have been tried. */
export interface Target {
  /** The status of the protected route's answer; without a token the request carries none. */
  call(token?: string): Promise<number>;
  /** A login of its own each time. */
  readonly login?: (() => Promise<Tokens>) | undefined;
  readonly refresh?:
    | ((refreshToken: string) => Promise<Partial<Tokens> & { readonly status: number }>)
    | undefined;
  /** RFC 7009; the status of the answer. */
  readonly revoke?: ((token: string) => Promise<number>) | undefined;
  /** Properly signed, and over. */
  readonly expired?: (() => Promise<string>) | undefined;
  /** Properly signed, for somebody else. */
  readonly foreign?: (() => Promise<string>) | undefined;
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

export interface Finding {
  /** A plain sentence, without its end. */
  readonly tried: string;
  readonly verdict: 'held' | 'broken' | 'untried';
  readonly seen: string;
}

/** A step whose answer is known: a refusal, or acceptance. 503 is neither. */
interface Step {
  readonly tried: string;
  readonly expected: 'refused' | 'accepted';
  readonly status: () => Promise<number>;
}

/** Asked again while nothing can be told: a busy machine's deny-list may be too slow. */
const ATTEMPTS = 20;

/** Tries to get past the gateway and the token service, one attack after the other, and tells what happened. */
export async function* proofs(target: Target): AsyncGenerator<Finding> {
  yield await judged({
    tried: 'A request without a token',
    expected: 'refused',
    status: () => target.call(),
  });
  if (target.login === undefined) {
    yield untried(
      'Tokens that were tampered with, and everything about logins',
      'there is no login to try it with',
    );
  } else {
    const login = await target.login();
    yield* tampered(target, login.access);
    yield* refreshed(target, target.login);
    yield* revoked(target, target.login);
  }
  yield await made(target, 'An expired token with a good signature', target.expired);
  yield await made(target, 'A token with a good signature for another audience', target.foreign);
}

async function* tampered(target: Target, token: string): AsyncGenerator<Finding> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const told = decoded(header);
  const claims = decoded(payload);
  yield await judged({
    tried: 'A token as it was issued',
    expected: 'accepted',
    status: () => target.call(token),
  });
  const attempts: readonly (readonly [tried: string, token: string])[] = [
    [
      'The same token with "alg": "none" and no signature',
      `${encoded({ ...told, alg: 'none' })}.${payload}.`,
    ],
    [
      'The same token with "alg": "none" and its signature',
      `${encoded({ ...told, alg: 'none' })}.${payload}.${signature}`,
    ],
    ['The same token with "alg": "HS256"', `${encoded({ ...told, alg: 'HS256' })}.${payload}.${signature}`],
    [
      'The same token with another subject',
      `${header}.${encoded({ ...claims, sub: 'somebody-else' })}.${signature}`,
    ],
    [
      'The same token with a longer life',
      `${header}.${encoded({ ...claims, exp: 9_999_999_999 })}.${signature}`,
    ],
    ['The same token without its signature', `${header}.${payload}.`],
    [
      'The same token with a key of the sender in its header',
      `${encoded({ ...told, jwk: { kty: 'EC' }, kid: 'mine' })}.${payload}.${signature}`,
    ],
    ['The same token with a signature of zeros', `${header}.${payload}.${'A'.repeat(signature.length)}`],
  ];
  for (const [tried, text] of attempts) {
    yield await judged({ tried, expected: 'refused', status: () => target.call(text) });
  }
}

async function* refreshed(target: Target, login: () => Promise<Tokens>): AsyncGenerator<Finding> {
  const { refresh } = target;
  if (refresh === undefined) {
    yield untried('A refresh token used twice', 'there is no token service to ask');
    return;
  }
  const first = await login();
  const two = await Promise.all([
    insisted(() => refresh(first.refresh)),
    insisted(() => refresh(first.refresh)),
  ]);
  const same = two[0].status === 200 && two[0].refresh !== undefined && two[0].refresh === two[1].refresh;
  yield {
    tried: 'One refresh token in two requests at once, as two tabs do',
    verdict: same ? 'held' : 'broken',
    seen: same
      ? 'both got the same successor'
      : `they got ${two[0].status} and ${two[1].status}, not the same successor`,
  };
  const newest = await insisted(() => refresh(two[0].refresh ?? ''));
  yield await judged({
    tried: 'The successor of that refresh token',
    expected: 'accepted',
    status: async () => newest.status,
  });
  yield await judged({
    tried: 'The old refresh token, after its successor was used',
    expected: 'refused',
    status: async () => (await refresh(first.refresh)).status,
  });
  yield await judged({
    tried: 'The newest refresh token, after the old one came back',
    expected: 'refused',
    status: async () => (await refresh(newest.refresh ?? '')).status,
  });
  yield await judged({
    tried: 'An access token of the login that this has ended',
    expected: 'refused',
    status: () => target.call(newest.access ?? ''),
  });
}

async function* revoked(target: Target, login: () => Promise<Tokens>): AsyncGenerator<Finding> {
  const { revoke, refresh } = target;
  if (revoke === undefined) {
    yield untried('A token after its revocation', 'there is no token service to ask');
    return;
  }
  const one = await login();
  const ended = await insisted(async () => ({ status: await revoke(one.refresh) }));
  yield await judged({
    tried: 'The revocation of a refresh token',
    expected: 'accepted',
    status: async () => ended.status,
  });
  yield await judged({
    tried: 'The access token of a login that was revoked',
    expected: 'refused',
    status: () => target.call(one.access),
  });
  if (refresh === undefined) return;
  yield await judged({
    tried: 'The refresh token of a login that was revoked',
    expected: 'refused',
    status: async () => (await refresh(one.refresh)).status,
  });
}

async function made(
  target: Target,
  tried: string,
  make: (() => Promise<string>) | undefined,
): Promise<Finding> {
  if (make === undefined) return untried(tried, 'none was given');
  const token = await make();
  return await judged({ tried, expected: 'refused', status: () => target.call(token) });
}

const untried = (tried: string, seen: string): Finding => ({ tried, verdict: 'untried', seen });

async function judged({ tried, expected, status }: Step): Promise<Finding> {
  const seen = (await insisted(async () => ({ status: await status() }))).status;
  const did = seen >= 200 && seen < 300 ? 'accepted' : seen >= 400 && seen < 500 ? 'refused' : 'unclear';
  const words = did === 'unclear' ? 'neither accepted nor refused' : did;
  return { tried, verdict: did === expected ? 'held' : 'broken', seen: `${words} (${seen})` };
}

async function insisted<T extends { readonly status: number }>(ask: () => Promise<T>): Promise<T> {
  let answer = await ask();
  for (let attempt = 1; answer.status === 503 && attempt < ATTEMPTS; attempt++) answer = await ask();
  return answer;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The object in one part of a token; empty where there is none. */
function decoded(part: string): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
