import type { Brand } from './brand.ts';
import type { VerifiedToken } from './verified-token.ts';

/** Request headers with every identity, forwarding and hop-by-hop header of the client removed. Minted by `origin/strip.ts`. */
export type StrippedHeaders = Brand<Headers, 'StrippedHeaders'>;

/** A verified token that is not revoked, or whose access policy accepts the doubt. Minted by `revocation/`. */
export type LiveToken = Brand<
  { readonly token: VerifiedToken; readonly revocation: 'checked' | 'accepted_on_doubt' | 'off' },
  'LiveToken'
>;

/** A live token that meets the requirement. Minted by `access/`. */
export type Principal = Brand<{ readonly token: VerifiedToken }, 'Principal'>;

/** What the origin will receive: stripped headers plus verified identity. Minted by `origin/identity.ts`. */
export type OriginHeaders = Brand<Headers, 'OriginHeaders'>;
