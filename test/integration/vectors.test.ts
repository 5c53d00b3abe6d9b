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
let keys: ScriptedServer;
let origin: ScriptedServer;

beforeAll(async () => {
  keys = await startScriptedServer(answer(404));
  origin = await startScriptedServer(answer(200, 'reached the origin'));
});

afterAll(() => Promise.all([keys?.stop(), origin?.stop()]));

/** Cases that share a key set run through one gateway: an issuer has one set, and all cases name the same issuer. */
const groups = files.flatMap(({ name, iss, aud, cases }) =>
  [...Map.groupBy(cases, ({ jwks }) => JSON.stringify(jwks))].map(([jwks, members]) => ({
    name: `${name}, keys of ${members[0]?.id}`,
    jwks,
    iss,
    aud,
    members,
  })),
);

describe('published vectors through the whole gateway', () => {
  it('run when their folder is there, and say so when it is not', () => {
    if (files.length === 0) console.warn(`VECTORS NOT RUN: no ${VECTOR_FOLDER} (set PORTCULLIS_VECTORS)`);
    const expected = new Set(files.flatMap(({ cases }) => cases.map((vector) => vector.expect)));
    expect([...expected].sort()).toEqual(files.length === 0 ? [] : [200, 401]);
  });

  describe.each(groups)('$name', ({ jwks, iss, aud, members }) => {
    let gateway: Gateway;

    beforeAll(async () => {
      keys.respondWith(answer(200, jwks, { 'content-type': 'application/json' }));
      const issuer = {
        issuer: iss,
        audience: [aud],
        algorithms: [...ASYMMETRIC_ALGORITHMS],
        jwks_uri: `${keys.url}/jwks`,
      };
      const route = { path: '/*', origin: origin.url, issuers: ['vectors'], revocation: { mode: 'off' } };
      gateway = await startGateway({ vars: { ISSUERS: { vectors: issuer }, ROUTES: { vectors: route } } });
    });

    afterAll(() => gateway?.stop());

    it.each(members)('$id is $expect: $why', async (vector) => {
      const response = await rawRequest(
        gateway.port,
        requestBytes('GET', '/', [
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
