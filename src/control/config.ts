import { compileIssuer } from '../config/compile-issuer.ts';
import { checkCountingBindings } from '../config/counting-bindings.ts';
import { deepFreeze } from '../config/freeze.ts';
import { checkOwnSecret, ownSecret } from '../config/own-secret.ts';
import { type ConfigProblem, problem } from '../config/problem.ts';
import { readTable } from '../config/table.ts';
import { readJson, readVariables } from '../config/variables.ts';
import { warnOfAllowances } from '../config/warnings.ts';
import { checkWritingStore } from '../config/writing-store.ts';
import type { JsonValue } from '../core/jose.ts';
import type { TokenProfile } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import { adminAccess } from '../decision/admin-access.ts';
import { adoptAccess } from './admin/access.ts';
import { checkAlarmBindings, readAlarm, readWebhook, withDefaults } from './alarms/config.ts';
import { readCanary } from './canary/config.ts';
import { controlTable } from './config-schema.ts';
import {
  readAdmin,
  readClient,
  readLogoutReceiver,
  readTransmitter,
  type Surroundings,
} from './config-tables.ts';
import { readConsole } from './console/config.ts';
import type { ControlPolicy } from './policy.ts';
import { profilesOf } from './token-profiles.ts';

/** A name shows up in logs and in `revoked_by`. */
const TABLE_NAME = /^[a-z0-9_-]{1,64}$/;

export interface CompiledControl {
  /** Deeply frozen; shares nothing with the variables. */
  readonly policy: ControlPolicy;
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Checks the variables of the control Worker (`ISSUERS*` as in the gateway, and `CONTROL`) and compiles them, or says
 * everything that is wrong with them. Never throws.
 * Does NOT check anything that needs the network.
 */
export function compileControl(
  variables: Readonly<Record<string, unknown>>,
): Result<CompiledControl, readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const issuers = new Map<string, TokenProfile | undefined>();
  const tables = readVariables(variables, problems, warnings).issuers;
  for (const table of tables) issuers.set(table.name, compileIssuer(table, variables, problems));
  warnOfAllowances(tables, warnings);
  if (issuers.size === 0) {
    problems.push(problem(['ISSUERS'], 'no issuer', 'at least one [vars.ISSUERS.<name>] table'));
  }
  const around = { variables, issuers, problems };
  const raw = readJson('CONTROL', variables.CONTROL ?? {}, problems, warnings);
  const read = raw && readTable(controlTable, raw, ['CONTROL'], problems);
  const sections = read?.value ?? {};
  const admins = readSection('admins', sections.admins, readAdmin, around);
  const clients = readSection('clients', sections.clients, readClient, around);
  const logoutReceivers = readSection('logout', sections.logout, readLogoutReceiver, around);
  const transmitters = readSection('transmitters', sections.transmitters, readTransmitter, around);
  const { alarms = {}, webhooks = {}, console: consoleTable, canary: rawCanary, ...intakes } = sections;
  const rules = withDefaults(readSection('alarms', alarms, readAlarm, around));
  const receivers = readSection('webhooks', webhooks, readWebhook, around);
  checkAlarmBindings(variables, { alarms, webhooks }, problems);
  const console = readConsole(consoleTable, admins, around);
  const canary = readCanary(rawCanary, variables, problems);
  const isEmpty = Object.values(intakes).every((section) => Object.keys(section ?? {}).length === 0);
  if (isEmpty && read?.faulty() === false) {
    problems.push(problem(['CONTROL'], 'no intake', 'a table in admins, clients, logout or transmitters'));
  }
  refuseTwins('admins', admins, ({ profile }) => [profile.issuer], problems);
  refuseTwins('clients', clients, ({ clientId }) => [clientId], problems);
  refuseTwins('logout', logoutReceivers, ({ profile }) => recipients(profile), problems);
  refuseTwins('transmitters', transmitters, ({ profile }) => recipients(profile), problems);
  refuseSharedIssuer(issuers, problems);
  checkWritingStore(variables, STORES, problems);
  checkOwnSecret(variables, 'AUDIT_SECRET', problems);
  checkOwnSecret(variables, 'METRICS_TOKEN', problems);
  checkCountingBindings(variables, problems);
  if (ownSecret(variables, 'METRICS_TOKEN') !== undefined && variables.METRICS === undefined) {
    const found = 'nothing, while METRICS_TOKEN is set for /metrics';
    problems.push(problem(['METRICS'], found, 'the binding METRICS of the gateway'));
  }
  if (problems.length > 0) return err(problems);
  const policy: ControlPolicy = {
    issuers: new Map([...issuers.values()].flatMap((issuer) => (issuer ? [[issuer.issuer, issuer]] : []))),
    admins,
    adminAccess: {
      read: adminAccess(admins, ({ readScope }) => readScope),
      write: adminAccess(admins, ({ writeScope }) => writeScope),
      adopt: adoptAccess(admins),
      events: adminAccess(admins, ({ eventsScope }) => eventsScope),
    },
    clients,
    logoutReceivers,
    logoutProfiles: profilesOf(logoutReceivers),
    transmitters,
    eventProfiles: profilesOf(transmitters),
    rules,
    webhooks: receivers,
    console,
    canary,
  };
  return ok(deepFreeze({ policy, warnings }));
}

function readSection<T>(
  section: string,
  tables: Readonly<Record<string, JsonValue>> | undefined,
  read: (name: string, raw: JsonValue, around: Surroundings) => T | undefined,
  around: Surroundings,
): readonly T[] {
  return Object.entries(tables ?? {}).flatMap(([name, raw]) => {
    if (TABLE_NAME.test(name)) return read(name, raw, around) ?? [];
    const allowed = '1 to 64 of a-z, 0-9, "_" and "-"';
    around.problems.push(problem(['CONTROL', section, name], 'a table name', allowed));
    return [];
  });
}

/** Who a token of an issuer is for: what tells one receiver from another. */
const recipients = ({ issuer, audience }: TokenProfile): readonly string[] =>
  [audience].flat().map((value) => JSON.stringify([issuer, value]));

/** Two tables that the same message could be for leave open which of them decides. */
function refuseTwins<T extends { readonly name: string }>(
  section: string,
  tables: readonly T[],
  keysOf: (table: T) => readonly string[],
  problems: ConfigProblem[],
): void {
  const seen = new Map<string, string>();
  for (const table of tables) {
    for (const key of keysOf(table)) {
      const other = seen.get(key);
      if (other !== undefined) {
        const found = `the same issuer, client or audience as CONTROL.${section}.${other}`;
        problems.push(problem(['CONTROL', section, table.name], found, 'tables of which only one can apply'));
      }
      seen.set(key, table.name);
    }
  }
}

/** A revocation names its issuer by `iss`, so one `iss` needs one lifetime and one set of keys. */
function refuseSharedIssuer(
  issuers: ReadonlyMap<string, TokenProfile | undefined>,
  problems: ConfigProblem[],
): void {
  const seen = new Set<string>();
  for (const [name, issuer] of issuers) {
    if (issuer === undefined) continue;
    if (seen.has(issuer.issuer)) {
      problems.push(
        problem(['ISSUERS', name, 'issuer'], 'the "iss" of another table', 'one table for each "iss"'),
      );
    }
    seen.add(issuer.issuer);
  }
}

const STORES =
  'the secrets UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or the binding REVOCATIONS of the gateway';
