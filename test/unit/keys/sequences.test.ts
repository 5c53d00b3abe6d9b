import { describe, expect, it } from 'vitest';
import { jwk, jwks, publicJwk, type Reply, refused, Stage, status } from './scripted-issuer.ts';

/**
 * One line of a sequence: at a second, the issuer answers as told from now on, a request asks for a kid, and so
 * many fetches have reached the issuer since the start once everything behind the request has run.
 */
type Step = readonly [
  at: number,
  serve: Reply | Promise<Reply> | undefined,
  kid: string | undefined,
  answer: string,
  fetches: number,
];

const a = () => jwks(['a']);
const ab = () => jwks(['a', 'b']);
const b = () => jwks(['b']);

/** Defaults of the stage: fresh 600 s (refreshed ahead from 540), then 600 s behind, 4 h on error, cooldown 30 s. */
const SEQUENCES: Readonly<Record<string, readonly Step[]>> = {
  'cold, then warm': [
    [0, a(), 'a', 'ok', 1],
    [1, undefined, 'a', 'ok', 1],
    [539, undefined, 'a', 'ok', 1],
  ],
  'refreshed ahead of expiry, behind the request': [
    [0, a(), 'a', 'ok', 1],
    [540, undefined, 'a', 'ok', 2],
    [541, undefined, 'a', 'ok', 2],
    [1_079, undefined, 'a', 'ok', 2],
    [1_080, undefined, 'a', 'ok', 3],
  ],
  'rotate without notice: the first request with the new key is accepted': [
    [0, a(), 'a', 'ok', 1],
    [5, b(), 'a', 'ok', 1],
    [6, undefined, 'b', 'ok', 2],
    [7, undefined, 'a', 'key_not_found', 3],
    [8, undefined, 'b', 'ok', 3],
  ],
  'rotate with overlap': [
    [0, a(), 'a', 'ok', 1],
    [100, ab(), 'a', 'ok', 1],
    [540, undefined, 'a', 'ok', 2],
    [600, undefined, 'b', 'ok', 2],
    [700, b(), 'a', 'ok', 2],
    [1_080, undefined, 'b', 'ok', 3],
    [1_081, undefined, 'a', 'key_not_found', 4],
  ],
  'rotate back': [
    [0, a(), 'a', 'ok', 1],
    [100, b(), 'b', 'ok', 2],
    [200, a(), 'a', 'ok', 3],
    [201, undefined, 'b', 'key_not_found', 4],
  ],
  'signed before published: accepted once the cooldown allows': [
    [0, a(), 'a', 'ok', 1],
    [10, undefined, 'b', 'key_not_found', 2],
    [20, ab(), 'b', 'key_not_found', 2],
    [39, undefined, 'b', 'key_not_found', 2],
    [40, undefined, 'b', 'ok', 3],
  ],
  'a retired key asked for again and again costs one fetch in a cooldown; back again, it is accepted within one':
    [
      [0, b(), 'a', 'key_not_found', 1],
      [29, undefined, 'a', 'key_not_found', 1],
      [30, undefined, 'a', 'key_not_found', 2],
      [60, undefined, 'a', 'key_not_found', 3],
      [149, undefined, 'a', 'key_not_found', 4],
      [150, ab(), 'a', 'key_not_found', 4],
      [178, undefined, 'a', 'key_not_found', 4],
      [179, undefined, 'a', 'ok', 5],
      [719, b(), 'b', 'ok', 6],
      [720, undefined, 'a', 'key_not_found', 7],
      [750, undefined, 'a', 'key_not_found', 8],
    ],
  'a retired key does not use up the fetch that a new key needs': [
    [0, b(), 'old', 'key_not_found', 1],
    [30, undefined, 'old', 'key_not_found', 2],
    [60, undefined, 'old', 'key_not_found', 3],
    [61, jwks(['b', 'c']), 'old', 'key_not_found', 3],
    [62, undefined, 'c', 'ok', 4],
    [89, undefined, 'new', 'key_not_found', 5],
    [90, undefined, 'other', 'key_not_found', 5],
    [118, undefined, 'old', 'key_not_found', 5],
    [119, undefined, 'old', 'key_not_found', 6],
    [120, undefined, 'other', 'key_not_found', 7],
  ],
  'a guess at the next key, repeated beside made-up ones, delays it by no more than a cooldown': [
    [0, a(), 'next', 'key_not_found', 1],
    ...([31, 62, 93, 124, 155].flatMap((at, index) => [
      [at, undefined, 'next', 'key_not_found', 2 + 2 * index],
      [at + 0.25, undefined, `made-up-${index}`, 'key_not_found', 3 + 2 * index],
    ]) as Step[]),
    [155.5, jwks(['a', 'next']), 'next', 'key_not_found', 11],
    [185.2, undefined, 'next', 'key_not_found', 11],
    [185.25, undefined, 'next', 'ok', 12],
  ],
  'a key that was refused is accepted once the issuer has mended it': [
    [0, jwk('a').then((key) => jwks([{ ...key, use: 'enc' }, 'b'])), 'a', 'key_not_found', 1],
    [100, a(), 'a', 'key_not_found', 1],
    [700, undefined, 'a', 'ok', 2],
  ],
  'down when cold': [
    [0, refused, 'a', '503 after 30', 1],
    [1, a(), 'a', '503 after 29', 1],
    [29.5, undefined, 'a', '503 after 1', 1],
    [30, undefined, 'a', 'ok', 2],
  ],
  'down while fresh': [
    [0, a(), 'a', 'ok', 1],
    [540, status(503), 'a', 'ok', 2],
    [569, undefined, 'a', 'ok', 2],
    [570, undefined, 'a', 'ok', 3],
    [571, undefined, 'b', '503 after 29', 3],
    [599, a(), 'a', 'ok', 3],
    [600, undefined, 'a', 'ok', 4],
    [601, undefined, 'b', 'key_not_found', 5],
  ],
  'down while stale, then expired, then back': [
    [0, a(), 'a', 'ok', 1],
    [600, refused, 'a', 'ok', 2],
    [1_199, undefined, 'a', 'ok', 3],
    [1_200, undefined, 'a', 'ok', 3],
    [14_999, undefined, 'a', 'ok', 4],
    [15_000, undefined, 'a', '503 after 29', 4],
    [15_029, undefined, 'a', '503 after 30', 5],
    [15_040, a(), 'a', '503 after 19', 5],
    [15_059, undefined, 'a', 'ok', 6],
  ],
  'idle beyond stale-while-revalidate: one request waits, and is answered from the stale set on error': [
    [0, a(), 'a', 'ok', 1],
    [1_300, refused, 'a', 'ok', 2],
    [1_301, undefined, 'a', 'ok', 2],
  ],
  'idle beyond stale-while-revalidate: a withdrawn key is not accepted when the issuer answers': [
    [0, a(), 'a', 'ok', 1],
    [1_300, b(), 'a', 'key_not_found', 2],
  ],
  'idle beyond everything': [
    [0, a(), 'a', 'ok', 1],
    [20_000, b(), 'a', 'key_not_found', 2],
    [20_001, undefined, 'b', 'ok', 2],
  ],
  flapping: [
    [0, a(), 'a', 'ok', 1],
    [540, refused, 'a', 'ok', 2],
    [580, a(), 'a', 'ok', 3],
    [1_130, status(500), 'a', 'ok', 4],
    [1_150, a(), 'a', 'ok', 4],
    [1_170, undefined, 'a', 'ok', 5],
    [1_171, undefined, 'zz', 'key_not_found', 6],
  ],
  'the cooldown holds after failures of the fetch for an unknown kid': [
    [0, a(), 'a', 'ok', 1],
    [10, refused, 'x', '503 after 30', 2],
    [11, undefined, 'y', '503 after 29', 2],
    [12, undefined, 'a', 'ok', 2],
    [40, jwks(['a', 'y']), 'y', 'ok', 3],
  ],
  'replicas that disagree cost at most three fetches in a cooldown': [
    [0, a(), 'a', 'ok', 1],
    [1, b(), 'b', 'ok', 2],
    [2, a(), 'a', 'ok', 3],
    [3, b(), 'b', 'ok', 4],
    [4, a(), 'a', 'key_not_found', 4],
    [31, undefined, 'a', 'ok', 5],
  ],
  'a token without kid: up to four keys fit, a fifth is one too many': [
    [0, a(), undefined, 'ok', 1],
    [540, jwks(['a', 'b', 'c', 'd']), undefined, 'ok', 2],
    [541, undefined, undefined, 'ok', 2],
    [1_080, jwks(['a', 'b', 'c', 'd', 'e']), undefined, 'ok', 3],
    [1_081, undefined, undefined, 'key_not_found', 3],
  ],
  'a kid that is in the set for another algorithm costs no fetch': [
    [
      0,
      Promise.all([publicJwk('r', 'RS256')]).then(([r]) => jwks([{ ...r, kid: 'r', alg: 'RS256' }])),
      'r',
      'key_not_found',
      1,
    ],
    [31, undefined, 'r', 'key_not_found', 1],
    [62, undefined, 'other', 'key_not_found', 2],
  ],
  'a set without keys is a failure, not a withdrawal': [
    [0, a(), 'a', 'ok', 1],
    [540, jwks([]), 'a', 'ok', 2],
    [600, undefined, 'a', 'ok', 3],
  ],
  'kid reuse with another key of the same algorithm is seen at the next refresh': [
    [0, jwk('a', 'first').then((key) => jwks([key])), 'a', 'ok', 1],
    [539, jwk('a', 'second').then((key) => jwks([key])), 'a', 'ok', 1],
    [540, undefined, 'a', 'ok', 2],
  ],
  'duplicate kids with different keys are refused, the others stay': [
    [0, Promise.all([jwk('a', 'one'), jwk('a', 'two'), jwk('b')]).then(jwks), 'a', 'key_not_found', 1],
    [1, undefined, 'b', 'ok', 1],
    [31, undefined, 'a', 'key_not_found', 1],
  ],
  'one key listed twice is one key': [[0, jwks(['a', 'a']), 'a', 'ok', 1]],
};

describe('sequences', () => {
  it.each(Object.entries(SEQUENCES))('%s', async (_title, steps) => {
    const stage = new Stage();
    const start = stage.now;
    const seen = [];
    for (const [at, serve, kid, ,] of steps) {
      stage.now = start + at;
      if (serve !== undefined) stage.reply = await serve;
      const answer = await stage.ask(kid);
      await stage.settle();
      seen.push([at, answer, stage.fetches]);
    }
    expect(seen).toEqual(steps.map(([at, , , answer, fetches]) => [at, answer, fetches]));
  });
});
