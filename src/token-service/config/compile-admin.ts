import { type Place, required } from '../../config/place.ts';
import { problem } from '../../config/problem.ts';
import { readTable } from '../../config/table.ts';
import type { JsonValue } from '../../core/jose.ts';
import type { TokenProfile } from '../../core/policy.ts';
import type { AdminParty } from '../../decision/admin-access.ts';
import { adminProfile } from '../../tokens/admin-profile.ts';
import { SERVICE_DEFAULTS } from './defaults.ts';
import { knownNames } from './known-names.ts';
import { adminTable } from './schema.ts';

/** What an admin's table may refer to. */
export interface AdminSurroundings {
  /** `iss` of the service. */
  readonly issuer: string | undefined;
  /** By table name; one that is faulty has no value. */
  readonly issuers: ReadonlyMap<string, TokenProfile | undefined>;
  /** The deny-list is done without. */
  readonly withoutDenyList: boolean;
}

/** A name shows up in the audit line. */
const TABLE_NAME = /^[a-z0-9_-]{1,64}$/;

/** Checks `[vars.TOKEN_SERVICE.admins.<name>]`; `place` is the section's. */
export function compileAdmins(
  tables: Readonly<Record<string, JsonValue>>,
  around: AdminSurroundings,
  place: Place,
): readonly AdminParty[] {
  const { path, problems } = place;
  if (around.withoutDenyList) {
    const allowed = 'nothing where revocation = "off": a withdrawn key goes on the deny-list';
    problems.push(problem(path, 'a table of admins', allowed));
  }
  const admins = Object.entries(tables).flatMap(([name, raw]) => {
    if (TABLE_NAME.test(name)) return compileAdmin(name, raw, around, place) ?? [];
    problems.push(problem([...path, name], 'a table name', '1 to 64 of a-z, 0-9, "_" and "-"'));
    return [];
  });
  const seen = new Map<string, string>();
  for (const { name, profile } of admins) {
    const other = seen.get(profile.issuer);
    if (other !== undefined) {
      const found = `the same issuer as TOKEN_SERVICE.admins.${other}`;
      problems.push(problem([...path, name], found, 'one table for each issuer'));
    }
    seen.set(profile.issuer, name);
  }
  return admins;
}

function compileAdmin(
  name: string,
  raw: JsonValue,
  { issuer: own, issuers }: AdminSurroundings,
  section: Place,
): AdminParty | undefined {
  const { problems, variables } = section;
  const path = [...section.path, name];
  const read = readTable(adminTable, raw, path, problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  const place = { path, faulty, variables, problems };
  const named = required(table.issuer, 'issuer', 'the name of an ISSUERS table', place);
  const audience = required(table.audience, 'audience', 'the audience of this Worker', place);
  const [known] = knownNames(named === undefined ? [] : [named], 'issuer', issuers, place);
  const profile = known === undefined ? undefined : issuers.get(known);
  if (profile?.issuer === own && own !== undefined) {
    const allowed = 'another issuer: a leaked key of this service must not administer it';
    problems.push(problem([...path, 'issuer'], 'this service itself', allowed));
  }
  if (profile?.template !== undefined) {
    const allowed = 'a table with the "iss" of one tenant';
    problems.push(problem([...path, 'issuer'], 'the issuers of many tenants', allowed));
  }
  if (profile === undefined || audience === undefined) return undefined;
  return {
    name,
    profile: adminProfile(profile, audience),
    readScope: table.read_scope ?? SERVICE_DEFAULTS.adminReadScope,
    writeScope: table.write_scope ?? SERVICE_DEFAULTS.adminWriteScope,
  };
}
