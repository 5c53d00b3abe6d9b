import { required } from '../../config/place.ts';
import { problem, problemAt, quoted } from '../../config/problem.ts';
import { checkService } from '../../config/service-binding.ts';
import { readTable } from '../../config/table.ts';
import type { JsonValue } from '../../core/jose.ts';
import { consoleTable } from '../config-schema.ts';
import { issuerNamed, type Surroundings } from '../config-tables.ts';
import type { Admin, ConsoleLogin, ConsolePolicy } from '../policy.ts';

const PATH = ['CONTROL', 'console'] as const;
/** What means nothing without a login. */
const OF_LOGIN = ['client_id', 'scope', 'resource', 'audience', 'login_origins'] as const;

/** Other Workers that are asked. */
const PEERS = ['gateway', 'token_service'] as const;

/** The table `CONTROL.console`; undefined: there is none, or its mistakes are told. */
export function readConsole(
  raw: JsonValue | undefined,
  admins: readonly Admin[],
  around: Surroundings,
): ConsolePolicy | undefined {
  if (raw === undefined) return undefined;
  const { problems } = around;
  const read = readTable(consoleTable, raw, [...PATH], problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  if (admins.length === 0 && problems.length === 0) {
    problems.push(problem([...PATH], 'a console for nobody', 'a table in CONTROL.admins beside it'));
  }
  const place = { ...around, path: [...PATH], faulty };
  const { gateway, token_service: tokenService } = table;
  for (const key of PEERS) {
    const [, service] = /^service:(.*)/.exec(table[key] ?? '') ?? [];
    if (service !== undefined) checkService(service, around.variables, [...PATH, key], problems);
  }
  if (table.issuer === undefined) {
    for (const key of OF_LOGIN) {
      if (table[key] === undefined) continue;
      problems.push(
        problem([...PATH, key], 'a login without its issuer', 'issuer beside it, or nothing here'),
      );
    }
    if (table.pasted_token === false && !faulty('issuer')) {
      problems.push(problem([...PATH], 'no way in', 'an issuer to log in at, or pasted_token = true'));
    }
    return { login: undefined, pastedToken: true, gateway, tokenService };
  }
  const issuer = issuerNamed(table.issuer, place);
  const clientId = required(table.client_id, 'client_id', 'the client identifier of the console', place);
  if (issuer === undefined || clientId === undefined) return undefined;
  const admin = admins.find(({ profile }) => profile.issuer === issuer.issuer);
  if (admin === undefined) {
    const names = admins.map(({ profile }) => profile.name);
    problems.push(
      problemAt([...PATH, 'issuer'], table.issuer, `an issuer of an admins table: ${quoted(names)}`),
    );
    return undefined;
  }
  const { source } = issuer.keys;
  const discovery = source.from === 'remote' ? source.discovery : 'openid';
  const openid = discovery === 'openid' ? ['openid'] : [];
  const login: ConsoleLogin = {
    issuer: issuer.issuer,
    discovery,
    clientId,
    scope: table.scope ?? [...openid, admin.readScope, admin.writeScope, admin.eventsScope],
    resource: table.resource,
    audience: table.audience,
    origins: [...new Set([new URL(issuer.issuer).origin, ...(table.login_origins ?? [])])],
  };
  return { login, pastedToken: table.pasted_token ?? false, gateway, tokenService };
}
