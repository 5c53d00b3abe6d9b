import { describe, expect, it } from 'vitest';
import { editFault, isStrippedWhereSet } from '../../../src/origin/editable-headers.ts';

describe('editFault', () => {
  it.each([
    ['Host', 'framing'],
    ['content-length', 'framing'],
    ['Content.Length', 'framing'],
    ['Transfer-Encoding', 'framing'],
    ['Content-Encoding', 'framing'],
    ['Connection', 'framing'],
    ['TE', 'framing'],
    ['Upgrade', 'framing'],
    ['Expect', 'framing'],
    ['Proxy-Authorization', 'framing'],
    ['X-Portcullis-Identity', 'own'],
    ['x_portcullis_x', 'own'],
    ['CF-Connecting-IP', 'own'],
    ['Cdn-Loop', 'own'],
    ['Sec-WebSocket-Protocol', 'own'],
    ['X_Api_Key', undefined],
    ['Cookie', undefined],
    ['Authorization', undefined],
    ['User-Agent', undefined],
    ['User_Agent', 'spelling'],
    ['Accept.Language', 'spelling'],
  ] as const)('%s: %s in both directions', (header, fault) => {
    expect([editFault(header, 'request', 'append'), editFault(header, 'response', 'append')]).toEqual([
      fault,
      fault,
    ]);
  });

  it.each([
    ['X-Forwarded-For', 'request', 'set', 'own'],
    ['X-Forwarded-For', 'response', 'set', undefined],
    ['X-Forwarded-Prefix', 'request', 'set', undefined],
    ['X-Forwarded-Prefix', 'request', 'remove', 'stripped'],
    ['X-Real-IP', 'request', 'set', undefined],
    ['X-Real-IP', 'request', 'remove', 'stripped'],
    ['Set-Cookie', 'response', 'set', 'own'],
    ['Set-Cookie', 'response', 'append', undefined],
    ['Set-Cookie', 'response', 'remove', undefined],
  ] as const)('%s in a %s, %s: %s', (header, direction, action, fault) => {
    expect(editFault(header, direction, action)).toBe(fault);
  });
});

describe('isStrippedWhereSet', () => {
  it.each([
    ['X-Api-Key', true],
    ['Remote-User', true],
    ['User-Agent', false],
    ['X-Real-IP', false],
  ])('%s: %s', (header, stripped) => expect(isStrippedWhereSet(header)).toBe(stripped));
});
