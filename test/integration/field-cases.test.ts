import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FIELD_FILE,
  type FieldCase,
  field,
  issuerTableOf,
  jwksOf,
  routeTablesOf,
} from '../fixtures/field-cases.ts';
import { fieldResponder } from '../fixtures/field-origin.ts';
import { faultsOf } from '../fixtures/field-run.ts';
import { json, type ScriptedServer, startScriptedServer } from '../fixtures/http-faults.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

/** Configuration keys that cases need and the gateway does not have yet. */
const AWAITED_KEYS: readonly string[] = ['cors'];

const ready = field.cases.filter(({ needs }) => needs === undefined || !AWAITED_KEYS.includes(needs));
const awaiting = field.cases.filter((fieldCase) => !ready.includes(fieldCase));

let keys: ScriptedServer;
let gateway: Gateway;
const origins = new Map<string, Origin>();

const originOf = ({ id }: FieldCase): Origin => {
  const origin = origins.get(id);
  if (origin === undefined) throw new Error(`no origin for ${id}`);
  return origin;
};

const variables = (cases: readonly FieldCase[]) => ({
  ISSUERS: Object.fromEntries(
    cases.map((fieldCase) => [fieldCase.id, issuerTableOf(fieldCase, `${keys.url}/${fieldCase.id}`)]),
  ),
  ROUTES: Object.fromEntries(cases.flatMap((fieldCase) => routeTablesOf(fieldCase, originOf(fieldCase).url))),
});

beforeAll(async () => {
  if (field.cases.length === 0) return;
  const sets = new Map(field.cases.map((fieldCase) => [`/${fieldCase.id}`, jwksOf(fieldCase)]));
  keys = await startScriptedServer((request, response) => {
    json(sets.get(request.url ?? ''))(request, response);
  });
  for (const { id, origin } of field.cases) {
    const started = await startOrigin(fieldResponder(origin));
    origins.set(id, started);
    if (origin?.closes === 'nothing listens') await started.refuse();
  }
  gateway = await startGateway({ vars: variables(ready) });
});

afterAll(() =>
  Promise.all([gateway?.stop(), keys?.stop(), ...[...origins.values()].map(({ stop }) => stop())]),
);

describe('what was refused or harmed in the field', () => {
  it('is tried when its file is there, and says so when it is not', () => {
    if (field.cases.length === 0)
      console.warn(`FIELD CASES NOT RUN: no ${FIELD_FILE} (set PORTCULLIS_FIELD_CASES)`);
    expect([0, 100]).toContain(field.cases.length);
  });

  it.each(ready)('$id: $what', async (fieldCase) => {
    const faults = await faultsOf(fieldCase, {
      gateway,
      origin: originOf(fieldCase),
      fetches: () => keys.received.filter((line) => line === `GET /${fieldCase.id}`).length,
    });
    expect(faults).toEqual([]);
  });

  it.each(awaiting)('$id waits for a key that the gateway still refuses', async (fieldCase) => {
    const refusing = await startGateway({ vars: variables([fieldCase]), invalidConfiguration: true });
    try {
      await rawRequest(refusing.port, requestBytes('GET', '/', [['Host', 'field.test']]));
      const refused = await refusing.logged(({ event }) => event === 'config_invalid');
      expect(refused.path).toBe(`ROUTES.${fieldCase.id}-api.${fieldCase.needs}`);
    } finally {
      await refusing.stop();
    }
  });
});
