import { describe, expect, it } from 'vitest';
import { base64url } from '../fixtures/tokens.ts';
import { ACME, accessToken, CONTROL, keys, NOW } from '../unit/control/control-app.ts';
import { CAEP, errorCode, push, securityEvent } from '../unit/control/security-event.ts';

const AUDIENCE = `${CONTROL}/ssf/events`;
const EVENT = `${CAEP}session-revoked`;

describe('RFC 8417: Security Event Token', () => {
  it.each<[string, object]>([
    ['jti missing', { jti: undefined }],
    ['jti empty', { jti: '' }],
    ['iat missing', { iat: undefined }],
    ['iat no number', { iat: '1' }],
    ['iat with a fraction in the future', { iat: NOW + 30.5 }],
    ['iat beyond exact numbers', { iat: -1e17 }],
    ['iat in the future', { iat: NOW + 31 }],
    ['toe in the future', { toe: NOW + 31 }],
    ['toe no number', { toe: 'x' }],
    ['toe beyond exact numbers', { toe: -1e17 }],
    ['exp, though it has no meaning here, passed', { exp: NOW - 31 }],
    ['exp with a fraction passed', { exp: NOW - 30.5 }],
    ['events missing', { events: undefined }],
    ['events empty', { events: {} }],
    ['events a list', { events: [EVENT] }],
    ['an event whose payload is no object', { events: { [EVENT]: true } }],
    ['an event whose payload is null', { events: { [EVENT]: null } }],
  ])('RFC 8417 §2.2: %s is refused', async (_what, claims) => {
    const { app, response } = await push(await securityEvent(claims));
    expect(await errorCode(response)).toBe('invalid_request');
    expect(app.store.entries()).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['no iss', { iss: undefined }, 'invalid_issuer'],
    ['an unknown iss', { iss: 'https://evil.example' }, 'invalid_issuer'],
    ['an iss with a slash more', { iss: `${ACME}/` }, 'invalid_issuer'],
    ['no aud', { aud: undefined }, 'invalid_audience'],
    ['the aud of the API', { aud: 'https://api.example' }, 'invalid_audience'],
    ['the aud by prefix', { aud: `${AUDIENCE}/` }, 'invalid_audience'],
  ])('RFC 8417 §2.2: %s is %s', async (_what, claims, code) => {
    expect(await errorCode((await push(await securityEvent(claims))).response)).toBe(code);
  });

  it('RFC 8417 §2.2: one audience of several is enough', async () => {
    expect((await push(await securityEvent({ aud: ['x', AUDIENCE] }))).response.status).toBe(202);
  });

  it.each(['secevent+jwt', 'application/secevent+jwt', 'SecEvent+JWT'])(
    'RFC 8417 §2.3: the type %s is that of a SET',
    async (typ) => {
      expect((await push(await securityEvent({}, { typ }))).response.status).toBe(202);
    },
  );

  it.each<[string, object]>([
    ['none', { typ: undefined }],
    ['JWT', { typ: 'JWT' }],
    ['at+jwt', { typ: 'at+jwt' }],
    ['logout+jwt', { typ: 'logout+jwt' }],
  ])('RFC 8417 §4.6: the type %s does not pass for that of a SET', async (_what, header) => {
    expect(await errorCode((await push(await securityEvent({}, header))).response)).toBe('invalid_request');
  });

  it('RFC 8417 §4.5: an access token for this receiver, and an ID token, do not pass for a SET', async () => {
    const tokens = [await accessToken({ aud: AUDIENCE }), await accessToken({ aud: AUDIENCE, nonce: 'n' })];
    for (const token of tokens) expect(await errorCode((await push(token)).response)).toBe('invalid_request');
  });

  it.each<[string, () => Promise<string>, string]>([
    ['a key of nobody', () => securityEvent({}, {}, keys.stranger), 'invalid_key'],
    ['a key of another issuer', () => securityEvent({}, {}, keys.other), 'invalid_key'],
    ['an unknown kid', () => securityEvent({}, { kid: 'x' }), 'invalid_key'],
    [
      'nothing (alg none)',
      async () =>
        `${base64url('{"alg":"none","typ":"secevent+jwt"}')}.${(await securityEvent()).split('.')[1]}.`,
      'invalid_key',
    ],
    [
      'HMAC with the public key',
      async () =>
        (await securityEvent()).replace(/^[^.]+/, base64url('{"alg":"HS256","typ":"secevent+jwt"}')),
      'invalid_key',
    ],
    [
      'a good key, over other claims',
      async () =>
        (await securityEvent({ jti: 'x' })).replace(
          /\.[^.]+\./,
          `.${(await securityEvent()).split('.')[1]}.`,
        ),
      'invalid_key',
    ],
    [
      'a good key, with an unknown critical parameter',
      () => securityEvent({}, { crit: ['x'], x: 1 }),
      'invalid_request',
    ],
  ])('RFC 8417 §5.1: a SET signed by %s is refused', async (_what, token, code) => {
    const { app, response } = await push(await token());
    expect(await errorCode(response)).toBe(code);
    expect(app.store.entries()).toEqual([]);
  });

  it('RFC 8417 §2.2: the watermark is the time of the event: its own, else toe, else iat', async () => {
    const marks: unknown[] = [];
    for (const claims of [
      {},
      { toe: NOW - 100 },
      { toe: NOW - 100, events: { [EVENT]: { event_timestamp: NOW - 200 } } },
      { events: { [EVENT]: { event_timestamp: (NOW - 300) * 1000 + 250 } } },
      { iat: NOW - 5.5 },
      { toe: NOW - 100.5 },
      { toe: NOW + 30 },
      { events: { [EVENT]: { event_timestamp: NOW - 200.5 } } },
    ]) {
      const { app } = await push(await securityEvent(claims));
      marks.push(
        app.store.entries().map(({ predicate }) => 'issuedBefore' in predicate && predicate.issuedBefore),
      );
    }
    expect(marks).toEqual([
      [NOW - 5],
      [NOW - 100],
      [NOW - 200],
      [NOW - 299.75],
      [NOW - 5.5],
      [NOW - 100.5],
      [NOW + 30],
      [NOW - 200.5],
    ]);
  });

  it.each([NOW + 100, NOW + 25.5, -1, '1', null])(
    'RFC 8417 §2: an event_timestamp of %s is refused, not guessed at',
    async (timestamp) => {
      const events = { [EVENT]: { event_timestamp: timestamp } };
      expect(await errorCode((await push(await securityEvent({ events }))).response)).toBe('invalid_request');
    },
  );

  it('RFC 8417 §2.2: all events of a SET are stored in one write, or none', async () => {
    const other = { format: 'iss_sub', iss: ACME, sub: 'user-2' };
    const events = { [EVENT]: { subject: { format: 'iss_sub', iss: ACME, sub: 'user-1' } } };
    const two = { ...events, [`${CAEP}credential-change`]: { subject: other, change_type: 'update' } };
    const { app } = await push(await securityEvent({ sub_id: undefined, events: two }));
    expect(app.store.entries()).toHaveLength(2);
    expect(app.store.calls.filter((call) => call === 'revoke')).toHaveLength(1);
    const one = {
      ...events,
      [`${CAEP}credential-change`]: {
        subject: { format: 'email', email: 'a@b.example' },
        change_type: 'update',
      },
    };
    const refused = await push(await securityEvent({ sub_id: undefined, events: one }));
    expect(refused.response.status).toBe(400);
    expect(refused.app.store.entries()).toEqual([]);
  });
});
