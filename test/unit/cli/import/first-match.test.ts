import { expect, it } from 'vitest';
import { OPEN, REFUSED, withToken } from '../../../../src/cli/import/access.ts';
import { firstMatch, type Rule } from '../../../../src/cli/import/first-match.ts';
import type { Outcome } from '../../../../src/cli/import/model.ts';
import { EVERY_PATH } from '../../../../src/cli/import/path-set.ts';
import type { Reach } from '../../../../src/cli/import/reach.ts';
import { EVERY_HOST, EVERY_METHOD } from '../../../../src/cli/import/request-set.ts';

const outcome = (more: Partial<Outcome>): Outcome => ({
  label: 'x',
  line: 1,
  access: OPEN,
  upstream: { origin: 'https://a.example' },
  ...more,
});
const rule = (more: Partial<Outcome> | undefined): Rule => ({
  match: { hosts: EVERY_HOST, paths: EVERY_PATH, methods: EVERY_METHOD },
  outcome: more && outcome(more),
});
const decided = (...rules: readonly (readonly [Rule, Reach])[]) => {
  const how = new Map(rules.map(([each, reach]) => [each.match, reach]));
  return firstMatch(rules.map(([each]) => [each]))((set) => how.get(set) ?? 'none');
};
const token = { claim: 'a', exists: true };
const other = { claim: 'b', exists: true };

it('takes the first rule that surely matches, and nothing behind it', () => {
  expect(decided([rule({ label: 'one' }), 'all'], [rule({ label: 'two' }), 'all'])?.label).toBe('one');
  expect(decided([rule({ label: 'one' }), 'none'], [rule({ label: 'two' }), 'all'])?.label).toBe('two');
});

it('asks for what a rule before it may ask as well', () => {
  const both = decided(
    [rule({ access: withToken(token) }), 'some'],
    [rule({ access: withToken(other) }), 'all'],
  );
  expect(both?.access).toEqual(withToken({ all: [token, other] }));
  expect(decided([rule({ access: withToken(token) }), 'some'], [rule({}), 'all'])?.access).toEqual(
    withToken(token),
  );
});

it('refuses where the rules that may match send requests to different places', () => {
  const elsewhere = rule({ upstream: { origin: 'https://b.example' } });
  expect(decided([elsewhere, 'some'], [rule({}), 'all'])?.access).toBe(REFUSED);
});

it('refuses where they look for tokens in different places', () => {
  const cookie = rule({ access: withToken(true), sources: [{ cookie: 'a' }] });
  const bearer = rule({ access: withToken(true), sources: ['bearer'] });
  expect(decided([cookie, 'some'], [bearer, 'all'])?.access).toBe(REFUSED);
  expect(decided([rule({}), 'some'], [bearer, 'all'])?.access).toEqual(withToken(true));
});

it('serves nothing where no rule surely matches, or one that may ends the request', () => {
  expect(decided([rule({}), 'some'])).toBeUndefined();
  expect(decided([rule(undefined), 'some'], [rule({}), 'all'])).toBeUndefined();
});
