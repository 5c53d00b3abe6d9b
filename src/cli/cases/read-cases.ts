import { type ConfigProblem, problem } from '../../config/problem.ts';
import { readTable } from '../../config/table.ts';
import type { JsonValue } from '../../core/jose.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { type Finding, located } from '../report.ts';
import { readSource } from '../wrangler-source.ts';
import { type Case, caseTable, fileTable } from './schema.ts';

export interface CasesFile {
  readonly config: string | undefined;
  readonly policy: string | undefined;
  readonly environment: string | undefined;
  readonly cases: readonly NamedCase[];
}

export type NamedCase = Case & { readonly name: string };

/** Reads a file of cases, TOML, or says everything that is wrong with it, each mistake with its line. */
export function readCases(file: string): Result<CasesFile, readonly Finding[]> {
  const source = readSource(file);
  if (!source.ok) {
    const { problem: what, line } = source.error;
    return err([line === undefined ? what : { ...what, line }]);
  }
  const { whole, lines } = source.value;
  const problems: ConfigProblem[] = [];
  // What TOML has beyond JSON, its dates, is text to the schema.
  const raw: JsonValue = JSON.parse(JSON.stringify(whole));
  const read = readTable(fileTable, raw, [], problems);
  const tables = (read?.value.case ?? []) as readonly JsonValue[];
  const cases = tables.flatMap((table, index): NamedCase[] => {
    const at = ['case', index];
    const one = readTable(caseTable, table, at, problems);
    if (one === undefined) return [];
    const { name, request, expect } = one.value;
    if (request?.url === undefined && !one.faulty('request')) {
      problems.push(problem([...at, 'request', 'url'], 'nothing', 'a path such as "/orders/7"'));
    }
    if (!one.faulty('expect') && Object.keys(expect ?? {}).length === 0) {
      problems.push(problem([...at, 'expect'], 'nothing', 'at least one of status, route, reason, headers'));
    }
    return [{ ...one.value, name: name ?? `case ${index + 1}` }];
  });
  if (tables.length === 0 && problems.length === 0) {
    problems.push(problem(['case'], 'no case', 'at least one [[case]]'));
  }
  if (problems.length > 0) return err(problems.map((each) => located(each, { lines, root: [] })));
  const { config, policy, environment } = read?.value ?? {};
  return ok({ config, policy, environment, cases });
}
