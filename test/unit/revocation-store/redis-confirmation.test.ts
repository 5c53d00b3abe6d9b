import { describe, expect, it } from 'vitest';
import { createRedisStore } from '../../../src/revocation-store/redis/store.ts';
import { aRevocation } from '../../fixtures/revocation.ts';

const NOW = 1_800_000_000;
const UNTIL = NOW + 600;
const ENTRY = aRevocation(
  { kind: 'sub', issuer: 'https://issuer.example', value: 'user', issuedBefore: NOW + 0.25 },
  UNTIL,
);

/** A Redis that answers every command with this. */
const answering = (reply: unknown) =>
  createRedisStore({ command: async () => reply, mget: async () => Promise.reject(new Error('not asked')) });

const unavailable = { name: 'StoreUnavailable' };

describe('what a Redis must answer for a write to count as confirmed', () => {
  it.each([
    ['as it was asked for', `${NOW}.25 ${UNTIL} {}`, NOW + 0.25, UNTIL],
    ['more than was asked for', `${NOW + 5} ${UNTIL + 5} {}`, NOW + 5, UNTIL + 5],
  ])('revoke: %s', async (_, text, issuedBefore, expiresAt) => {
    expect(await answering([text]).revoke([ENTRY])).toMatchObject([
      { predicate: { issuedBefore }, expiresAt },
    ]);
  });

  it.each([
    ['nothing', null],
    ['a number', 1],
    ['a word', 'OK'],
    ['no list as long as the entries', []],
    ['a list of words', ['OK']],
    ['a mark alone', [`${NOW + 1}`]],
    ['an earlier mark', [`${NOW} ${UNTIL} {}`]],
    ['an earlier end', [`${NOW + 1} ${UNTIL - 1} {}`]],
    ['a mark in milliseconds', [`${NOW}000 ${UNTIL} {}`]],
    ['a list of numbers', [1]],
  ])('revoke: not by %s', async (_, reply) => {
    await expect(answering(reply).revoke([ENTRY])).rejects.toMatchObject(unavailable);
  });

  it.each([[1], [0], [true], ['OK'], [''], [[]], [{}]])(
    'a claim is neither held nor free by %j, which may be an answer to anything',
    async (reply) => {
      await expect(answering(reply).isClaimed('x')).rejects.toMatchObject(unavailable);
      await expect(answering(reply).claimOnce('x', 10)).rejects.toMatchObject(unavailable);
    },
  );

  it('a claim is held by a nonce, and is another’s where the nonce is', async () => {
    const another = answering('00000000-0000-4000-8000-000000000000');
    expect(await another.isClaimed('x')).toBe(true);
    expect(await another.claimOnce('x', 10)).toBe(false);
    expect(await answering(null).isClaimed('x')).toBe(false);
  });
});
