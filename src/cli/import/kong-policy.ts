import type { Access } from './access.ts';
import type { IssuerTables } from './issuer-table.ts';
import type { TomlTable, TomlValue } from './model.ts';
import type { PeerContext } from './peer.ts';
import type { SourceTable } from './source-node.ts';

export interface KongPlugin {
  readonly name: string;
  readonly table: SourceTable;
}

/** The tables of all consumers that have credentials for `jwt`, with their groups. */
export interface KongTokens {
  readonly consumers: readonly { readonly table: string; readonly groups: readonly string[] }[];
  readonly issuers: IssuerTables;
  readonly context: PeerContext;
}

export interface PluginAccess {
  readonly access: Access;
  readonly sources?: readonly TomlValue[];
  readonly headers?: TomlTable;
}
