import { type Access, both, either, OPEN, REFUSED, withOptionalToken, withToken } from './access.ts';
import type { Losses } from './losses.ts';
import { allOf, anyOf, issuedBy, type Requirement, textOrElement } from './requirement.ts';
import { SourceFault, SourceTable, snakeCase } from './source-node.ts';

/** A provider as rules name it. */
export interface NamedProvider {
  /** The ISSUERS table; undefined: no token of it is taken. */
  readonly table: string | undefined;
  readonly audiences: readonly string[];
  /** What the ISSUERS table has: its own and those of rules. */
  readonly accepted: readonly string[];
}

export interface RequirementContext {
  readonly providers: ReadonlyMap<string, NamedProvider>;
  readonly losses: Losses;
}

/** A JwtRequirement message; one that is empty asks for nothing. */
export function readRequirement(table: SourceTable, context: RequirementContext): Access {
  const parts = table.members().map(([kind, node]): Access => {
    const inner = () => new SourceTable(node, kind, snakeCase);
    switch (kind) {
      case 'provider_name':
        return ofProvider(table.text(kind) ?? '', undefined, node.line, context);
      case 'provider_and_audiences': {
        const both = inner();
        return ofProvider(both.text('provider_name') ?? '', both.texts('audiences'), node.line, context);
      }
      case 'requires_any':
        return either(
          inner()
            .tables('requirements', snakeCase)
            .map((each) => readRequirement(each, context)),
        );
      case 'requires_all':
        return both(
          inner()
            .tables('requirements', snakeCase)
            .map((each) => readRequirement(each, context)),
        );
      case 'allow_missing':
        return withOptionalToken(ofAnyProvider(context));
      case 'allow_missing_or_failed':
        context.losses.add(
          node.line,
          kind,
          'a bad token is never ignored',
          'as allow_missing: a bad token is refused',
        );
        return withOptionalToken(ofAnyProvider(context));
      default:
        context.losses.add(node.line, kind, 'not known', 'refused whole');
        return REFUSED;
    }
  });
  return parts.length === 0 ? OPEN : both(parts);
}

/** A token of any provider, for whom it was made. */
const ofAnyProvider = ({ providers }: RequirementContext): Requirement =>
  anyOf([...providers.values()].map((provider) => tokenOf(provider, provider.audiences)));

function tokenOf({ table, accepted }: NamedProvider, audiences: readonly string[]): Requirement {
  if (table === undefined) return false;
  const isWhole = audiences.length === 0 || accepted.every((audience) => audiences.includes(audience));
  return allOf([issuedBy([table]), isWhole ? true : textOrElement('aud', audiences)]);
}

function ofProvider(
  name: string,
  audiences: readonly string[] | undefined,
  line: number,
  { providers, losses }: RequirementContext,
): Access {
  const provider = providers.get(name);
  if (provider === undefined) throw new SourceFault(line, `there is no provider ${JSON.stringify(name)}`);
  if (provider.table === undefined) {
    losses.add(line, `provider ${name}`, 'its table is not carried over', 'no token of it is taken');
    return REFUSED;
  }
  return withToken(tokenOf(provider, audiences ?? provider.audiences));
}
