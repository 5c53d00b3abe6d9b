import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../src/config/compile.ts';
import { receive } from '../../src/core/received-request.ts';
import { ok } from '../../src/core/result.ts';
import { createRehearsal } from '../../src/gateway/rehearse.ts';
import { REQUEST_RULES } from '../../src/gateway/request-rules.ts';
import { createRevocation } from '../../src/revocation/check.ts';
import { NOW } from '../fixtures/policies.ts';
import { keysInMemory } from '../fixtures/verification.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const VALID = `00-${TRACE}-${PARENT}-01`;
const OURS = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/;

/** What the origin gets of a trace, and by which reference the event knows the request. */
async function sent(headers: readonly (readonly [string, string])[], makes = true) {
  const env = {
    ROUTES: { open: { path: '/open', origin: 'https://o.example', authentication: 'none' } },
    GATEWAY: { make_traceparent: makes },
  };
  const compiled = compilePolicy(env, REQUEST_RULES);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const clock = () => NOW;
  const { rehearse } = createRehearsal(compiled.value.policy, {
    verifier: { keys: keysInMemory(() => []), cache: undefined, decryption: undefined },
    revocation: createRevocation({
      reader: { read: async (keys) => ok({ epoch: 'e', values: keys.map(() => undefined) }) },
      clock,
    }),
    headerSecrets: new Map(),
    signer: undefined,
    clock,
  });
  const lines = new Headers();
  for (const [name, value] of headers) lines.append(name, value);
  const request = new Request('https://api.example/open', { headers: lines });
  const rehearsal = await rehearse(receive(request), { now: NOW, waitUntil: () => {}, emit: () => {} });
  const out = rehearsal.asked?.headers;
  return {
    parent: out?.get('traceparent') ?? null,
    state: out?.get('tracestate') ?? null,
    reference: rehearsal.event.reference,
  };
}

describe('W3C Trace Context §3: the context of a trace on its way through', () => {
  it('W3C Trace Context §3.2: a valid parent goes on as it came, by whatever case its name is written', async () => {
    for (const name of ['traceparent', 'TraceParent', 'TRACEPARENT']) {
      expect(await sent([[name, VALID]])).toEqual({ parent: VALID, state: null, reference: TRACE });
    }
  });

  it.each(['00', '01', '02', '03', 'ff'])(
    'W3C Trace Context §3.2.2.5: the flags %s stay, the sampled one with them',
    async (flags) => {
      const parent = `00-${TRACE}-${PARENT}-${flags}`;
      expect((await sent([['traceparent', parent]])).parent).toBe(parent);
    },
  );

  it.each([
    `ff-${TRACE}-${PARENT}-01`,
    `0-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE}-${PARENT}`,
    'rubbish',
  ])('W3C Trace Context §3.2.2.1 and §3.2.4: %s begins another trace', async (parent) => {
    const out = await sent([['traceparent', parent]]);
    expect(out.parent).toMatch(OURS);
    expect(OURS.exec(out.parent ?? '')?.[1]).toBe(out.reference);
    expect(out.reference).not.toBe(TRACE);
  });

  it.each([`cc-${TRACE}-${PARENT}-01`, `cc-${TRACE}-${PARENT}-01-what-the-future-brings`])(
    'W3C Trace Context §3.2.4: of a later version, %s is read as far as it is known, and goes on whole',
    async (parent) => {
      expect(await sent([['traceparent', parent]])).toMatchObject({ parent, reference: TRACE });
    },
  );

  it.each(['0'.repeat(32), TRACE.toUpperCase(), TRACE.slice(1), `${TRACE}0`, `${TRACE.slice(1)}g`])(
    'W3C Trace Context §3.2.2.3: the trace id %s is none',
    async (id) => {
      expect((await sent([['traceparent', `00-${id}-${PARENT}-01`]])).parent).toMatch(OURS);
    },
  );

  it.each(['0'.repeat(16), PARENT.toUpperCase(), PARENT.slice(1), `${PARENT}0`])(
    'W3C Trace Context §3.2.2.4: the parent id %s is none',
    async (id) => {
      expect((await sent([['traceparent', `00-${TRACE}-${id}-01`]])).parent).toMatch(OURS);
    },
  );

  it('W3C Trace Context §3.2.2.3: a trace begun here has another id each time, and another parent', async () => {
    const parents = await Promise.all(Array.from({ length: 20 }, async () => (await sent([])).parent));
    const read = parents.map((parent) => OURS.exec(parent ?? ''));
    expect(new Set(read.map((match) => match?.[1])).size).toBe(20);
    expect(new Set(read.map((match) => match?.[2])).size).toBe(20);
  });

  it('W3C Trace Context §3.2: a parent sent twice is none', async () => {
    const out = await sent([
      ['traceparent', VALID],
      ['traceparent', VALID],
    ]);
    expect(out.parent).toMatch(OURS);
    expect(out.reference).not.toBe(TRACE);
  });

  it.each([
    ['congo=t61rcWkgMzE,rojo=00f067aa0ba902b7'],
    [''],
    ['tenant@vendor=1,,a=2'],
    [Array.from({ length: 32 }, (_, n) => `vendor${n}=x`).join(',')],
    [`vendor=${'x'.repeat(505)}`],
    ['not valid at all'],
  ])('W3C Trace Context §3.3: beside a valid parent the state %j goes on as it came', async (state) => {
    const out = await sent([
      ['traceparent', VALID],
      ['tracestate', state],
    ]);
    expect([out.parent, out.state]).toEqual([VALID, state]);
  });

  it('W3C Trace Context §3.3: several lines of state are one list, in their order', async () => {
    const out = await sent([
      ['traceparent', VALID],
      ['tracestate', 'a=1'],
      ['tracestate', 'b=2'],
    ]);
    expect(out.state?.split(/ *, */)).toEqual(['a=1', 'b=2']);
  });

  it('W3C Trace Context §3.3: a state without a valid parent does not go into a trace begun here', async () => {
    for (const more of [[], [['traceparent', 'rubbish'] as const]]) {
      const out = await sent([...more, ['tracestate', 'a=1']]);
      expect(out.parent).toMatch(OURS);
      expect(out.state).toBeNull();
    }
  });

  it('W3C Trace Context §3.4: what takes no part in traces passes both on, and begins none', async () => {
    const both = [
      ['traceparent', VALID],
      ['tracestate', 'a=1'],
    ] as const;
    expect(await sent(both, false)).toMatchObject({ parent: VALID, state: 'a=1' });
    expect(await sent([], false)).toMatchObject({ parent: null, state: null });
  });
});
