import { describe, expect, it } from 'vitest';
import { answerClient } from '../../src/token-service/authorize/answer.ts';
import { readAuthorizationRequest } from '../../src/token-service/authorize/request.ts';
import { compileService } from '../../src/token-service/config/compile.ts';
import { verifierHolds } from '../../src/token-service/grants/pkce.ts';
import { tokenServiceVariables } from '../unit/token-service/variables.ts';

const compiled = compileService({ REVOCATIONS: {}, ...tokenServiceVariables() });
if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
const { policy } = compiled.value;
/** RFC 7636 Appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const REDIRECT = 'https://page.test/callback';
const SOUND = {
  response_type: 'code',
  client_id: 'page',
  redirect_uri: REDIRECT,
  state: 'xyz',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
};
type Change = Readonly<Record<string, string | undefined>>;
const queryOf = (change: Change, more = '') => {
  const given = Object.entries({ ...SOUND, ...change }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return `?${new URLSearchParams(given)}${more}`;
};
const ask = (change: Change = {}, more = '') => readAuthorizationRequest(queryOf(change, more), policy);
const faultOf = (change: Change, more = '') => {
  const read = ask(change, more);
  if (read.ok) return 'none';
  return read.error.tell === 'page' ? 'page' : read.error.error;
};

describe('the authorization endpoint', () => {
  it('RFC 6749 §4.1.1: takes a request, with the scope and the resource of the client where none is asked for', () => {
    expect(ask()).toMatchObject({
      ok: true,
      value: {
        to: { redirectUri: REDIRECT, state: 'xyz' },
        scope: ['orders:read', 'orders:write'],
        resource: 'https://api.test',
        challenge: CHALLENGE,
        ask: { upstream: 'corp' },
      },
    });
  });

  it.each<[string, Change, string, string]>([
    [
      'RFC 6749 §3.1.1: refuses another response type',
      { response_type: 'token' },
      '',
      'unsupported_response_type',
    ],
    [
      'RFC 6749 §3.1.1: refuses a combination with code',
      { response_type: 'code id_token' },
      '',
      'unsupported_response_type',
    ],
    [
      'RFC 6749 §3.1.1: refuses a request without a response type',
      { response_type: undefined },
      '',
      'invalid_request',
    ],
    [
      'RFC 6749 §3.1: takes a parameter without a value as left out',
      { scope: '', response_mode: '' },
      '',
      'none',
    ],
    ['RFC 6749 §3.1: ignores a parameter that it does not know', { colour: 'blue' }, '', 'none'],
    ['RFC 6749 §3.1: refuses a parameter that stands twice', {}, '&scope=a&scope=a', 'invalid_request'],
    ['RFC 6749 §3.1: refuses an unknown parameter that stands twice', {}, '&x=a&x=b', 'invalid_request'],
    ['RFC 6749 §3.1.2.3: compares the redirection URI as text', { redirect_uri: `${REDIRECT}/` }, '', 'page'],
    [
      'RFC 6749 §3.1.2.3: takes no other case of it',
      { redirect_uri: 'https://PAGE.test/callback' },
      '',
      'page',
    ],
    [
      'RFC 6749 §3.1.2.4: sends nobody to an address that is not registered',
      { redirect_uri: 'https://evil.test' },
      '',
      'page',
    ],
    ['RFC 6749 §3.1.2.3: guesses no redirection URI', { redirect_uri: undefined }, '', 'page'],
    ['RFC 6749 §4.1.2.1: sends nobody anywhere for an unknown client', { client_id: 'nobody' }, '', 'page'],
    ['RFC 6749 §4.1.2.1: sends nobody anywhere for two clients', {}, '&client_id=page', 'page'],
    ['RFC 6749 §4.1.2.1: sends nobody anywhere with two addresses', {}, `&redirect_uri=${REDIRECT}`, 'page'],
    [
      'RFC 6749 §4.1.1: refuses a scope that the client has not',
      { scope: 'orders:read bills:read' },
      '',
      'invalid_scope',
    ],
    ['RFC 6749 §3.3: refuses a scope that is none', { scope: 'a  b' }, '', 'invalid_scope'],
    ['RFC 6749 Appendix A.5: refuses a state that is not ASCII', { state: 'ü' }, '', 'invalid_request'],
    [
      'RFC 7636 §4.4.1: refuses a request without a challenge',
      { code_challenge: undefined },
      '',
      'invalid_request',
    ],
    ['RFC 7636 §4.3: refuses the method plain', { code_challenge_method: 'plain' }, '', 'invalid_request'],
    [
      'RFC 7636 §4.3: refuses the method that is meant without one',
      { code_challenge_method: undefined },
      '',
      'invalid_request',
    ],
    [
      'RFC 7636 §4.2: refuses a challenge that is none of S256',
      { code_challenge: CHALLENGE.slice(1) },
      '',
      'invalid_request',
    ],
    ['RFC 8707 §2: takes a resource of the client', { resource: 'https://api.test' }, '', 'none'],
    [
      'RFC 8707 §2: refuses a resource that the client has not',
      { resource: 'https://billing.test' },
      '',
      'invalid_target',
    ],
    ['RFC 9101 §5: refuses a request object', { request: 'x' }, '', 'request_not_supported'],
    [
      'RFC 9101 §5: refuses a request object by reference',
      { request_uri: 'https://x.test' },
      '',
      'request_uri_not_supported',
    ],
    [
      'RFC 9700 §2.1.1: has no other response mode than query',
      { response_mode: 'fragment' },
      '',
      'invalid_request',
    ],
  ])('%s', (_title, change, more, fault) => {
    expect(faultOf(change, more)).toBe(fault);
  });

  it('RFC 6749 §4.1.2: keeps the query of the redirection URI, and gives back the state as it came', () => {
    const to = { redirectUri: `${REDIRECT}?tenant=a%20b`, state: 'x&y=+"é' };
    const answered = answerClient(to, policy.issuer, { code: 'c' });
    const location = answered.headers.get('Location') ?? '';
    expect(location.startsWith(`${REDIRECT}?tenant=a%20b&code=c&`)).toBe(true);
    expect(new URL(location).searchParams.get('state')).toBe(to.state);
    expect(answered.headers.get('Cache-Control')).toBe('no-store');
  });

  it('RFC 6749 §4.1.2.1: gives back no state where none came', () => {
    const to = { redirectUri: REDIRECT, state: null };
    const answered = answerClient(to, policy.issuer, { error: 'access_denied', error_description: 'no' });
    expect(answered.headers.get('Location')).not.toContain('state');
  });

  it.each([
    ['an answer', { code: 'c' }],
    ['an error', { error: 'access_denied', error_description: 'no' } as const],
  ])('RFC 9207 §2: says in %s who gives it', (_what, answer) => {
    const answered = answerClient({ redirectUri: REDIRECT, state: 's' }, policy.issuer, answer);
    expect(new URL(answered.headers.get('Location') ?? '').searchParams.get('iss')).toBe(
      'https://tokens.test',
    );
  });

  it('RFC 9700 §4.12: redirects by 303', () => {
    expect(answerClient({ redirectUri: REDIRECT, state: null }, policy.issuer, { code: 'c' }).status).toBe(
      303,
    );
  });

  it('RFC 7636 Appendix B: holds for the verifier of the example, and for no other', async () => {
    expect(await verifierHolds(VERIFIER, CHALLENGE)).toBe(true);
    expect(await verifierHolds(`${VERIFIER.slice(0, -1)}j`, CHALLENGE)).toBe(false);
    expect(await verifierHolds(CHALLENGE, CHALLENGE)).toBe(false);
  });
});
