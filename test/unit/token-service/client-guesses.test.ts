import { describe, expect, it } from 'vitest';
import { Guesses } from '../../../src/rate-limit/guesses.ts';
import { createServiceApp } from '../../../src/token-service/app.ts';
import { compileService } from '../../../src/token-service/config/compile.ts';
import type { ServicePorts } from '../../../src/token-service/ports.ts';
import { tokenServiceVariables } from './variables.ts';

const LIMIT = 3;
const GUESSER = '203.0.113.7';

/** The endpoints with a limit of failed authentications and no other one that is reached. */
function service() {
  const compiled = compileService({ REVOCATIONS: {}, ...tokenServiceVariables() });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  let now = 1_800_000_000;
  const counted: string[] = [];
  const others: string[] = [];
  const events: string[] = [];
  const limit = async ({ key }: { readonly key: string }) => {
    counted.push(key);
    return { success: counted.filter((each) => each === key).length <= LIMIT };
  };
  const ports = {
    policy: compiled.value.policy,
    denyList: undefined,
    clock: () => now,
    emit: ({ event }: { readonly event: string }) => events.push(event),
    withinRate: async (key: string) => others.push(key) > 0,
    guesses: new Guesses({ limit }, 60),
  };
  const app = createServiceApp(ports as unknown as ServicePorts);
  const ask = async (path: string, client: string, form: Record<string, string> = {}, address = GUESSER) => {
    const work: Promise<unknown>[] = [];
    const context = { waitUntil: (each: Promise<unknown>) => work.push(each) };
    const headers: Record<string, string> = { 'CF-Connecting-IP': address };
    if (client !== '') headers.Authorization = `Basic ${btoa(client)}`;
    const body = new URLSearchParams({ grant_type: 'none', ...form });
    const request = new Request(`https://tokens.test${path}`, { method: 'POST', headers, body });
    const response = await app.fetch(request, {}, context as never);
    await Promise.all(work);
    return [response.status, response.headers.get('Retry-After')];
  };
  return { ask, counted, others, events, pass: (seconds: number) => (now += seconds) };
}

const RIGHT = 'machine:a-machine-secret-of-32-characters-x';
const WRONG = 'machine:x';
/** Authenticated, and asking for a grant that there is not. */
const LET_IN = [400, null];

describe('failed authentications of clients', () => {
  it.each(['/token', '/revoke', '/introspect'])(
    'hold an address off at %s, a right secret too',
    async (path) => {
      const { ask, events } = service();
      expect(await ask(path, RIGHT)).toEqual(LET_IN);
      for (let i = 0; i <= LIMIT; i++) expect(await ask(path, WRONG)).toEqual([401, null]);
      expect(await ask(path, WRONG)).toEqual([429, '60']);
      // Or it would learn of the right one.
      expect(await ask(path, RIGHT)).toEqual([429, '60']);
      expect(events.filter((event) => event === 'address_held_off')).toHaveLength(1);
    },
  );

  it('are counted by address alone, and apart from everything else', async () => {
    const { ask, counted, others } = service();
    await ask('/token', WRONG);
    await ask('/token', 'nobody:x');
    await ask('/token', RIGHT);
    expect(counted).toEqual([GUESSER, GUESSER]);
    expect(others.filter((key) => !key.startsWith('/token ip:'))).toEqual(['client:machine']);
  });

  it('hold nobody else off, and not for longer than a minute', async () => {
    const { ask, pass } = service();
    for (let i = 0; i <= LIMIT; i++) await ask('/token', WRONG);
    expect(await ask('/token', RIGHT, {}, '203.0.113.8')).toEqual(LET_IN);
    pass(30);
    expect(await ask('/token', RIGHT)).toEqual([429, '30']);
    pass(31);
    expect(await ask('/token', RIGHT)).toEqual(LET_IN);
  });

  it('count an assertion as they count a secret', async () => {
    const { ask, counted } = service();
    const form = {
      client_assertion: 'x',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    };
    expect(await ask('/token', '', form)).toEqual([401, null]);
    expect(counted).toEqual([GUESSER]);
    for (let i = 0; i <= LIMIT; i++) await ask('/token', WRONG);
    expect(await ask('/token', '', form)).toEqual([429, '60']);
  });

  it('do not keep the users of a public client out who share the address: it proves nothing', async () => {
    const { ask, counted } = service();
    await ask('/token', '', { client_id: 'nobody' });
    expect(counted).toEqual([]);
    for (let i = 0; i <= LIMIT; i++) await ask('/token', WRONG);
    expect(await ask('/token', '', { client_id: 'page' })).toEqual(LET_IN);
  });

  it('take an IPv6 caller by its network, from which it may choose any address', async () => {
    const { ask, others } = service();
    for (let i = 0; i <= LIMIT; i++) await ask('/token', WRONG, {}, `2001:db8:1:2::${i + 1}`);
    expect(await ask('/token', RIGHT, {}, '2001:db8:1:2:ffff::9')).toEqual([429, '60']);
    expect(new Set(others.filter((key) => key.startsWith('/token')))).toEqual(
      new Set(['/token ip:2001:db8:1:2::/64']),
    );
  });
});
