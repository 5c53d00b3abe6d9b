import { ASYMMETRIC_ALGORITHMS } from '../../core/jose.ts';
import { freeName } from './merge-routes.ts';
import type { ImportedIssuer, TomlTable, TomlValue } from './model.ts';
import type { PeerContext } from './peer.ts';

/** What a peer says of an issuer; `undefined` where it says nothing. */
export interface IssuerFacts {
  readonly label: string;
  readonly line: number;
  readonly issuer: string | undefined;
  readonly audience: readonly string[] | undefined;
  readonly keys: TomlTable;
  readonly sources?: readonly TomlValue[];
  readonly headers?: TomlTable;
  readonly forwardsToken?: boolean;
}

/** Every asymmetric algorithm that a gateway of today verifies, for peers that go by the key. */
export const ASYMMETRIC: readonly string[] = ASYMMETRIC_ALGORITHMS.filter((name) => name !== 'Ed25519');

const sameText = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Collects ISSUERS tables: names are distinct, and of one `iss` there is one table. */
export class IssuerTables {
  readonly #context: PeerContext;
  readonly #names = new Set<string>();
  readonly #tables: ImportedIssuer[] = [];

  constructor(context: PeerContext) {
    this.#context = context;
  }

  get all(): readonly ImportedIssuer[] {
    return this.#tables;
  }

  /** The name of the table, which may be there already; undefined where one of the same `iss` differs: tokens could not tell them apart. */
  add({
    label,
    line,
    issuer,
    audience: named,
    keys,
    sources,
    headers,
    forwardsToken,
  }: IssuerFacts): string | undefined {
    const audience = named !== undefined && named.length > 0 ? named : this.#context.audience;
    const twin = this.#tables.find((table) => issuer !== undefined && table.keys.issuer === issuer);
    const own = {
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
      ...keys,
    };
    const way = [sources ?? ['bearer'], headers ?? {}, forwardsToken ?? false];
    if (
      twin !== undefined &&
      sameText([twin.keys, twin.sources, twin.headers, twin.forwardsToken], [own, ...way])
    )
      return twin.name;
    if (twin !== undefined) {
      this.#context.losses.add(
        line,
        `issuer ${issuer}, a second time`,
        'tokens of the two could not be told apart',
        `its rules take no token; the table ${twin.name} stays`,
      );
      return undefined;
    }
    const missing = {
      ...(issuer === undefined ? { issuer: 'the "iss" of its tokens, which is not checked there' } : {}),
      ...(audience === undefined
        ? { audience: 'what names this API in its tokens, which is not checked there' }
        : {}),
    };
    for (const key of Object.keys(missing)) {
      this.#context.losses.add(
        line,
        `no ${key} for ${label}`,
        'it is not checked there and required here',
        'left out, so that check asks for it',
      );
    }
    const name = freeName(label, this.#names);
    this.#tables.push({
      name,
      line,
      keys: own,
      missing,
      sources: sources ?? ['bearer'],
      headers: headers ?? {},
      forwardsToken: forwardsToken ?? false,
    });
    return name;
  }
}
