import { COMPATIBILITY_DATE } from '../init/project.ts';
import type { Losses } from './losses.ts';
import { mergeRoutes } from './merge-routes.ts';
import type { ImportedIssuer, ImportedRoute } from './model.ts';
import { routeTable } from './route-table.ts';
import { tomlComment, tomlLinesOf, tomlValue } from './toml-text.ts';

/** One variable may have 5 KB; well below it there is room for what a person adds. */
const MAX_VARIABLE_CHARACTERS = 3_500;

export interface WrittenPolicy {
  readonly text: string;
  /** What a person has to fill in before `check` is content: path of the key. */
  readonly missing: readonly string[];
}

/**
 * `wrangler.toml` with the policy. A required key that the peer does not know is left out, with a comment in its place:
 * `portcullis check` then names it.
 */
export function writePolicy(
  issuers: readonly ImportedIssuer[],
  routes: readonly ImportedRoute[],
  { losses, source }: { readonly losses: Losses; readonly source: string },
): WrittenPolicy {
  const missing: string[] = [];
  let looksAtTokens = false;
  const issuerTables = issuers.map((issuer): [string, readonly string[]] => {
    for (const key of Object.keys(issuer.missing)) missing.push(`ISSUERS.${issuer.name}.${key}`);
    return [
      issuer.name,
      [
        tomlComment(`from line ${issuer.line}`),
        ...tomlLinesOf(issuer.keys),
        ...Object.entries(issuer.missing).map(([key, why]) =>
          tomlComment(`${key} = …  To be filled in: ${why}`),
        ),
      ],
    ];
  });
  const routeTables = mergeRoutes(routes).map(({ name, route }): [string, readonly string[]] => {
    const { table, comments, lacksOrigin } = routeTable(route, issuers, losses);
    looksAtTokens ||= table.authentication !== 'none';
    if (lacksOrigin) missing.push(`ROUTES.${name}.origin`);
    return [name, [...comments.map(tomlComment), ...tomlLinesOf(table)]];
  });
  const blocks = [
    [
      tomlComment(`The policy of ${source}, written by \`portcullis import\`. Read its report beside it.`),
      'name = "gateway"',
      'main = "src/gateway.ts"',
      `compatibility_date = ${tomlValue(COMPATIBILITY_DATE)}`,
    ],
    ...(looksAtTokens ? [UNREVOKED] : []),
    ...grouped('ISSUERS', issuerTables.length === 0 && looksAtTokens ? NOBODY : issuerTables),
    ...grouped('ROUTES', routeTables),
  ];
  return { text: `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`, missing };
}

/** Routes that refuse everybody still need an issuer; this one can have no keys (RFC 2606 §2). */
const NOBODY: readonly (readonly [string, readonly string[]])[] = [
  [
    'nobody',
    [
      '# No issuer is in the file, and a route that refuses everybody needs one.',
      'issuer = "https://nobody.invalid"',
      'audience = ["nobody"]',
    ],
  ],
];

const UNREVOKED = [
  '# No deny-list is asked, as before. docs/revocation.md: what a store and `mode = "strict"` bring.',
  '[vars.ROUTE_DEFAULTS]',
  'revocation = { mode = "off" }',
];

/** Tables under as many variables as they need: `ROUTES`, `ROUTES_2`, … are merged. */
function grouped(
  variable: string,
  tables: readonly (readonly [name: string, lines: readonly string[]])[],
): readonly (readonly string[])[] {
  let group = 1;
  let size = 0;
  return tables.map(([name, lines]) => {
    const own = Buffer.byteLength(lines.filter((line) => !line.startsWith('#')).join('')) + name.length + 8;
    if (size > 0 && size + own > MAX_VARIABLE_CHARACTERS) {
      group += 1;
      size = 0;
    }
    size += own;
    return [`[vars.${variable}${group === 1 ? '' : `_${group}`}.${name}]`, ...lines];
  });
}
