import { describe, expect, it } from 'vitest';
import { endSocket } from '../../../src/origin/end-socket.ts';
import type { EndCause, TokenLife } from '../../../src/origin/watch-token.ts';

/** What both sides hear when the check, asked at once, tells this. */
async function closes(cause: EndCause): Promise<(readonly [number, string])[]> {
  const { 0: toOrigin, 1: origin } = new WebSocketPair();
  const life: TokenLife = {
    endsAt: undefined,
    recheck: async () => cause,
    recheckSeconds: 0.001,
    clock: () => Date.now() / 1000,
  };
  const handshake = new Response(null, { status: 101, webSocket: toOrigin });
  const told: EndCause[] = [];
  const { webSocket: client } = endSocket(handshake, toOrigin, life, (each) => told.push(each));
  if (client === null) throw new Error('no connection');
  const heard = [client, origin].map((socket) => {
    socket.accept();
    return new Promise<readonly [number, string]>((resolve) =>
      socket.addEventListener('close', ({ code, reason }) => resolve([code, reason])),
    );
  });
  const codes = await Promise.all(heard);
  expect(told).toEqual([cause]);
  return codes;
}

describe('endSocket', () => {
  it.each([
    ['expired', 1008, 'the access token is not valid any more'],
    ['revoked', 1008, 'the access token is not valid any more'],
    ['unknown', 1013, 'try again later'],
  ] as const)('%s: both sides hear %i', async (cause, code, reason) => {
    expect(await closes(cause)).toEqual([
      [code, reason],
      [code, reason],
    ]);
  });
});
