import { describe, expect, it } from 'vitest';
import { compileControl } from '../../../src/control/config.ts';
import { ACME, CONTROL, OTHER, SECRET, VARIABLES } from './control-app.ts';

/** Where the mistakes are, in order. */
const mistakes = (variables: Record<string, unknown>): readonly string[] => {
  const compiled = compileControl(variables);
  return compiled.ok ? [] : compiled.error.map(({ path }) => path);
};

const withControl = (table: unknown): Record<string, unknown> => ({ ...VARIABLES, CONTROL: table });

const TENANTS = {
  ...VARIABLES.ISSUERS.acme,
  issuer: 'https://login.example/{tid}/v2.0',
  issuer_parameter: 'guid',
};

describe('the configuration of the control Worker', () => {
  it('compiles, frozen all the way down', () => {
    const compiled = compileControl(VARIABLES);
    if (!compiled.ok) throw new Error('refused');
    const { policy } = compiled.value;
    expect([...policy.issuers.keys()]).toEqual([ACME, OTHER]);
    expect(policy.admins[0]).toMatchObject({
      name: 'ops',
      profile: { issuer: ACME, audience: [CONTROL] },
      readScope: 'revocations:read',
      eventsScope: 'events:read',
      writeScope: 'revocations:write',
    });
    expect([...(policy.admins[0]?.mayRevoke.keys() ?? [])]).toEqual([ACME, OTHER]);
    expect([...(policy.transmitters[0]?.mayRevoke.keys() ?? [])]).toEqual([ACME]);
    expect(Object.isFrozen(policy.clients[0])).toBe(true);
  });

  it('says everything that is wrong at once', () => {
    expect(
      mistakes({
        ...VARIABLES,
        CONTROL: {
          admins: { ops: { issuer: 'acmee', scopes: ['x'] } },
          clients: { web: { client_id: 'web', client_secret: 'NO_SUCH' } },
          logout: { web: { issuer: 'acme', client_ids: [] } },
          transmitters: { idp: { audience: ['x'], subject_formats: ['saml'] } },
          extra: {},
        },
        UPSTASH_REDIS_REST_URL: 'http://redis.example',
      }),
    ).toEqual([
      'CONTROL.extra',
      'CONTROL.admins.ops.scopes',
      'CONTROL.admins.ops.issuer',
      'CONTROL.admins.ops.audience',
      'CONTROL.clients.web.client_secret',
      'CONTROL.logout.web.client_ids',
      'CONTROL.transmitters.idp.subject_formats[0]',
      'CONTROL.transmitters.idp.issuer',
      'UPSTASH_REDIS_REST_URL',
      'UPSTASH_REDIS_REST_TOKEN',
    ]);
  });

  it.each<[string, Record<string, unknown>, readonly string[]]>([
    ['no issuer', { ...VARIABLES, ISSUERS: {}, CONTROL: { admins: {} } }, ['ISSUERS', 'CONTROL']],
    ['no CONTROL', { ...VARIABLES, CONTROL: undefined }, ['CONTROL']],
    ['CONTROL as text', withControl('{}'), ['CONTROL']],
    [
      'a table that readers of tables pass over',
      withControl({ admins: JSON.parse('{"__proto__": {"issuer": "acme", "audience": ["x"]}}') }),
      ['CONTROL'],
    ],
    ['an audit secret that a client knows', { ...VARIABLES, AUDIT_SECRET: SECRET }, ['AUDIT_SECRET']],
    ['CONTROL as a list', withControl([]), ['CONTROL']],
    ['a section that is no table', withControl({ admins: [] }), ['CONTROL.admins']],
    ['a table that is no table', withControl({ admins: { ops: 'acme' } }), ['CONTROL.admins.ops']],
    ['a name with a space', withControl({ admins: { 'a b': {} } }), ['CONTROL.admins."a b"']],
    ['no store', { ...VARIABLES, REVOCATIONS: undefined }, ['REVOCATIONS']],
    [
      'one iss in two tables',
      { ...VARIABLES, ISSUERS: { acme: VARIABLES.ISSUERS.acme, other: VARIABLES.ISSUERS.acme } },
      ['ISSUERS.other.issuer'],
    ],
    [
      'admins of many tenants',
      { ...withControl({ admins: { a: { issuer: 'acme', audience: ['x'] } } }), ISSUERS: { acme: TENANTS } },
      ['CONTROL.admins.a.issuer'],
    ],
    [
      'a transmitter of many tenants',
      {
        ...withControl({ transmitters: { a: { issuer: 'acme', audience: ['x'] } } }),
        ISSUERS: { acme: TENANTS },
      },
      ['CONTROL.transmitters.a.issuer'],
    ],
    [
      'logout tokens of many tenants',
      {
        ...withControl({ logout: { a: { issuer: 'acme', client_ids: ['x'] } } }),
        ISSUERS: { acme: TENANTS },
      },
      ['CONTROL.logout.a.issuer'],
    ],
    [
      'two admins of one issuer',
      withControl({
        admins: { a: { issuer: 'acme', audience: ['x'] }, b: { issuer: 'acme', audience: ['y'] } },
      }),
      ['CONTROL.admins.b'],
    ],
    [
      'two scopes for reading',
      withControl({ admins: { a: { issuer: 'acme', audience: ['x'], read_scope: ['a', 'b'] } } }),
      ['CONTROL.admins.a.read_scope'],
    ],
    [
      'two clients of one identifier',
      withControl({
        clients: {
          a: { client_id: 'web', client_secret: 'WEB_SECRET' },
          b: { client_id: 'web', client_secret: 'SSF_SECRET' },
        },
      }),
      ['CONTROL.clients.b'],
    ],
    [
      'two logout receivers for one client',
      withControl({
        logout: {
          a: { issuer: 'acme', client_ids: ['web'] },
          b: { issuer: 'acme', client_ids: ['spa', 'web'] },
        },
      }),
      ['CONTROL.logout.b'],
    ],
    [
      'two transmitters for one audience',
      withControl({
        transmitters: { a: { issuer: 'acme', audience: ['x'] }, b: { issuer: 'acme', audience: ['x'] } },
      }),
      ['CONTROL.transmitters.b'],
    ],
    [
      'a secret that can be guessed',
      {
        ...withControl({ clients: { a: { client_id: 'web', client_secret: 'WEB_SECRET' } } }),
        WEB_SECRET: 'hunter2',
      },
      ['CONTROL.clients.a.client_secret'],
    ],
  ])('refuses %s', (_what, variables, paths) => {
    expect(mistakes(variables)).toEqual(paths);
  });

  it('warns before CONTROL reaches the cap of Cloudflare', () => {
    const clients = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `c${i}`,
        { client_id: `client-${i}`, client_secret: 'WEB_SECRET', issuers: ['acme'] },
      ]),
    );
    const compiled = compileControl(withControl({ clients }));
    expect(compiled.ok && compiled.value.warnings.map(({ path }) => path)).toEqual(['CONTROL']);
  });

  it('accepts the same client at two issuers, and the same audience of two', () => {
    expect(
      mistakes(
        withControl({
          logout: { a: { issuer: 'acme', client_ids: ['web'] }, b: { issuer: 'other', client_ids: ['web'] } },
          transmitters: { a: { issuer: 'acme', audience: ['x'] }, b: { issuer: 'other', audience: ['x'] } },
        }),
      ),
    ).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['in place of its binding', withControl({ clients: { a: { client_id: 'web', client_secret: SECRET } } })],
    [
      'a transmitter’s, in place of its binding',
      withControl({ transmitters: { a: { issuer: 'acme', audience: ['x'], authorization: SECRET } } }),
    ],
    ['too short', { ...VARIABLES, WEB_SECRET: 'a-secret-of-more' }],
  ])('never repeats a secret: %s', (_what, variables) => {
    const compiled = compileControl(variables);
    expect(compiled.ok).toBe(false);
    expect(JSON.stringify(compiled)).not.toContain('a-secret-of-more');
  });
});
