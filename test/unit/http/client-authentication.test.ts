import { describe, expect, it } from 'vitest';
import { clientBySecret } from '../../../src/http/client-authentication.ts';

interface Client {
  readonly id: string;
  readonly secret: string | undefined;
}

const CLIENTS: readonly Client[] = [
  { id: 'web', secret: 'a+b/c=%41' },
  { id: 'web+app', secret: 'plain' },
  { id: 'web app', secret: 'spaced' },
  { id: 'public', secret: undefined },
];

const basic = (text: string) => `Basic ${btoa(text)}`;
const proven = async (authorization: string | null) =>
  (
    await clientBySecret(
      authorization,
      (id) => CLIENTS.find((client) => client.id === id),
      ({ secret }) => secret,
    )
  )?.id;

describe('a client that proves itself by HTTP Basic', () => {
  it.each([
    ['form-encoded, as RFC 6749 §2.3.1 has it', `web:${encodeURIComponent('a+b/c=%41')}`, 'web'],
    ['as it stands, as many clients send it', 'web:a+b/c=%41', 'web'],
    ['with an identifier as it stands', 'web+app:plain', 'web+app'],
    ['with a form-encoded identifier', 'web+app:spaced', 'web app'],
    ['with another encoding of it', 'web%20app:spaced', 'web app'],
  ])('is known by its secret %s', async (_what, credentials, id) => {
    expect(await proven(basic(credentials))).toBe(id);
  });

  it.each([
    ['a secret that is neither', 'web:a b/c=A'],
    ['a secret encoded twice', `web:${encodeURIComponent(encodeURIComponent('a+b/c=%41'))}`],
    ['the secret of a client whose name reads alike', 'web%2Bapp:spaced'],
    ['no secret where none is registered', 'public:'],
    ['the text of one that is registered nowhere', 'public:undefined'],
    ['no identifier', ':plain'],
  ])('is not by %s', async (_what, credentials) => {
    expect(await proven(basic(credentials))).toBeUndefined();
  });
});
