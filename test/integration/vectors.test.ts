import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASYMMETRIC_ALGORITHMS } from '../../src/core/jose.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { answer, type ScriptedServer, startScriptedServer } from '../fixtures/http-faults.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { VECTOR_FOLDER, type Vector, vectorFiles } from '../fixtures/vectors.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

/**
 * Where the gateway answers otherwise than the vector wants. Each entry is explained, by this key, in
 * docs/conformance.md; a case that no longer deviates fails.
 */
const DEVIATIONS: readonly {
  readonly key: string;
  readonly applies: (vector: Vector) => boolean;
  readonly status: number;
}[] = [
  {
    key: 'not-a-b64token',
    applies: ({ token }) => !/^[A-Za-z0-9._~+/-]+=*$/.test(token),
    status: 400,
  },
];

const files = vectorFiles();

/** Each key set is an issuer and a route of its own; all cases name the same `iss`. */
const groups = files.flatMap(({ name, iss, aud, cases }, file) =>
  [...Map.groupBy(cases, ({ jwks }) => JSON.stringify(jwks))].map(([jwks, members], index) => ({
    name: `${name}, keys of ${members[0]?.id}`,
    slug: `set-${file}-${index}`,
    jwks,
    iss,
    aud,
    members,
  })),
);

let keys: ScriptedServer;
let origin: ScriptedServer;
let gateway: Gateway;

beforeAll(async () => {
  if (groups.length === 0) return;
  keys = await startScriptedServer((request, response) => {
    const group = groups.find(({ slug }) => request.url === `/${slug}`);
    answer(200, group?.jwks, { 'content-type': 'application/json' })(request, response);
  });
  origin = await startScriptedServer(answer(200, 'reached the origin'));
  const algorithms = [...ASYMMETRIC_ALGORITHMS];
  const issuers = groups.map(({ slug, iss, aud }) => [
    slug,
    { issuer: iss, audience: [aud], algorithms, jwks_uri: `${keys.url}/${slug}` },
  ]);
  const routes = groups.map(({ slug }) => [
    slug,
    { path: `/${slug}`, origin: origin.url, issuers: [slug], revocation: { mode: 'off' } },
  ]);
  gateway = await startGateway({
    vars: { ISSUERS: Object.fromEntries(issuers), ROUTES: Object.fromEntries(routes) },
  });
});

afterAll(() => Promise.all([keys?.stop(), origin?.stop(), gateway?.stop()]));

describe('published vectors through the whole gateway', () => {
  it('run when their folder is there, and say so when it is not', () => {
    if (files.length === 0) console.warn(`VECTORS NOT RUN: no ${VECTOR_FOLDER} (set PORTCULLIS_VECTORS)`);
    const expected = new Set(files.flatMap(({ cases }) => cases.map((vector) => vector.expect)));
    expect([...expected].sort()).toEqual(files.length === 0 ? [] : [200, 401]);
  });

  describe.each(groups)('$name', ({ slug, members }) => {
    it.each(members)('$id is $expect: $why', async (vector) => {
      const response = await rawRequest(
        gateway.port,
        requestBytes('GET', `/${slug}`, [
          ['Host', 'gateway.test'],
          ['Authorization', `Bearer ${vector.token}`],
        ]),
      );
      const deviation = DEVIATIONS.find(({ applies }) => applies(vector));
      expect(response.body === 'reached the origin').toBe(response.status === 200);
      expect(response.status).toBe(deviation?.status ?? vector.expect);
    });
  });

  it.each(DEVIATIONS)('the deviation $key is explained', ({ key }) => {
    expect(readFileSync(join(REPOSITORY, 'docs/conformance.md'), 'utf8')).toContain(`\`${key}\``);
  });
});
