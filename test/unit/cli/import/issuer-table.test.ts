import { expect, it } from 'vitest';
import { type IssuerFacts, IssuerTables } from '../../../../src/cli/import/issuer-table.ts';
import { Losses } from '../../../../src/cli/import/losses.ts';

const FACTS: IssuerFacts = {
  label: 'acme',
  line: 1,
  issuer: 'https://id.acme.example',
  audience: ['api'],
  keys: { algorithms: ['RS256'] },
};

function tables() {
  const losses = new Losses();
  return { losses, issuers: new IssuerTables({ losses, origin: undefined, audience: undefined }) };
}

it('has one table for what is said twice', () => {
  const { losses, issuers } = tables();
  expect([issuers.add(FACTS), issuers.add({ ...FACTS, label: 'again', line: 2 })]).toEqual(['acme', 'acme']);
  expect(issuers.all).toHaveLength(1);
  expect(losses.byLine()).toEqual([]);
});

it.each<[string, Partial<IssuerFacts>]>([
  ['another audience', { audience: ['other'] }],
  ['other keys', { keys: { algorithms: ['RS256'], jwks_uri: 'https://other.example/jwks' } }],
  ['other algorithms', { keys: { algorithms: ['ES256'] } }],
  ['another place of the token', { sources: [{ cookie: 'c' }] }],
  ['other headers', { headers: { 'x-a': 'a' } }],
  ['its token forwarded', { forwardsToken: true }],
])('takes no token by a second table of the same issuer with %s, and tells of it', (_, more) => {
  const { losses, issuers } = tables();
  issuers.add(FACTS);
  expect(issuers.add({ ...FACTS, ...more, line: 7 })).toBeUndefined();
  expect(issuers.all).toHaveLength(1);
  expect(losses.byLine()).toMatchObject([{ line: 7, done: 'its rules take no token; the table acme stays' }]);
});
