import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASYMMETRIC_ALGORITHMS } from '../../src/core/jose.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { answer, json, type ScriptedServer, startScriptedServer } from '../fixtures/http-faults.ts';
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
let gateway: Gateway;

beforeAll(async () => {
  if (files.length === 0) return;
  const sets = new Map(files.flatMap(({ cases }) => cases.map(({ id, jwks }) => [`/${id}`, jwks])));
  keys = await startScriptedServer((request, response) =>
    json(sets.get(request.url ?? ''))(request, response),
  );
  origin = await startScriptedServer(answer(200, 'reached the origin'));
  const everyCase = files.flatMap(({ iss, aud, cases }) => cases.map(({ id }) => ({ id, iss, aud })));
  gateway = await startGateway({
    vars: {
      ISSUERS: Object.fromEntries(
        everyCase.map(({ id, iss, aud }) => [
          id,
          {
            issuer: iss,
            audience: [aud],
            algorithms: [...ASYMMETRIC_ALGORITHMS],
            jwks_uri: `${keys.url}/${id}`,
          },
        ]),
      ),
      ROUTES: Object.fromEntries(
        everyCase.map(({ id }) => [
          id,
          { path: `/${id}`, origin: origin.url, issuers: [id], revocation: { mode: 'off' } },
        ]),
      ),
    },
  });
});

afterAll(async () => {
  await Promise.all([keys?.stop(), origin?.stop(), gateway?.stop()]);
});

describe('published vectors through the whole gateway', () => {
  it('run when their folder is there, and say so when it is not', () => {
    if (files.length === 0) console.warn(`VECTORS NOT RUN: no ${VECTOR_FOLDER} (set PORTCULLIS_VECTORS)`);
    const expected = new Set(files.flatMap(({ cases }) => cases.map((vector) => vector.expect)));
    expect([...expected].sort()).toEqual(files.length === 0 ? [] : [200, 401]);
  });

  for (const { name, cases } of files) {
    it.each(cases)(`${name} $id is $expect: $why`, async (vector) => {
      const response = await rawRequest(
        gateway.port,
        requestBytes('GET', `/${vector.id}`, [
          ['Host', 'gateway.test'],
          ['Authorization', `Bearer ${vector.token}`],
        ]),
      );
      const deviation = DEVIATIONS.find(({ applies }) => applies(vector));
      const reached = response.body === 'reached the origin';
      expect(reached).toBe(response.status === 200);
      if (vector.policy === 'MAY') expect([200, 401]).toContain(response.status);
      else expect(response.status).toBe(deviation?.status ?? vector.expect);
    });
  }

  it.each(DEVIATIONS)('the deviation $key is explained', ({ key }) => {
    expect(readFileSync(join(REPOSITORY, 'docs/conformance.md'), 'utf8')).toContain(`\`${key}\``);
  });
});
