import { describe, expect, it } from 'vitest';
import { withoutHopByHop } from '../../../src/origin/response-headers.ts';

const names = (response: Response) => [...response.headers.keys()];

describe('withoutHopByHop', () => {
  it.each([
    {},
    { 'X-A': '1' },
    { Connection: 'keep-alive', 'Keep-Alive': 'timeout=5' },
    { Connection: 'close' },
    { Connection: 'Upgrade', Upgrade: 'h2c' },
    { Connection: 'keep-alive, X-Absent' },
  ])('the very same response when the runtime removes what there is: %j', (headers) => {
    const response = new Response('hi', { headers });
    expect(withoutHopByHop(response)).toBe(response);
  });

  it.each([
    [{ 'Proxy-Authenticate': 'Basic' }, 'proxy-authenticate'],
    [{ 'Proxy-Connection': 'keep-alive' }, 'proxy-connection'],
    [{ Connection: 'X-Hop', 'X-Hop': '1' }, 'x-hop'],
    [{ Connection: 'close,\tx-HOP ', 'X-Hop': '1' }, 'x-hop'],
    [{ Connection: ', ,x-hop,', 'X-Hop': '1' }, 'x-hop'],
  ])('%j', async (headers: Record<string, string>, gone) => {
    const response = new Response('hi', {
      status: 418,
      statusText: 'Short and Stout',
      headers: { ...headers, 'X-A': '1' },
    });
    const changed = withoutHopByHop(response);
    expect(names(changed)).not.toContain(gone);
    expect(changed.headers.get('x-a')).toBe('1');
    expect([changed.status, changed.statusText, await changed.text()]).toEqual([
      418,
      'Short and Stout',
      'hi',
    ]);
  });

  it('keeps every Set-Cookie', () => {
    const headers = new Headers([
      ['Set-Cookie', 'a=1, x'],
      ['Set-Cookie', 'b=2'],
      ['Proxy-Authenticate', 'Basic'],
    ]);
    expect(withoutHopByHop(new Response(null, { headers })).headers.getSetCookie()).toEqual([
      'a=1, x',
      'b=2',
    ]);
  });

  it.each([204, 205, 304])('a %i has no content before or after', (status) => {
    const changed = withoutHopByHop(
      new Response(null, { status, headers: { 'Proxy-Authenticate': 'Basic' } }),
    );
    expect([changed.status, changed.body, names(changed)]).toEqual([status, null, []]);
  });

  it.each(['x y', ';', '"x-hop"', 'x-hop;q=1'])('Connection: %s nominates nothing', (connection) => {
    const response = new Response('hi', { headers: { Connection: connection, 'X-Hop': '1' } });
    expect(withoutHopByHop(response)).toBe(response);
  });
});
