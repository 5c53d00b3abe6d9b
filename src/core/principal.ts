import type { Brand } from './brand.ts';
import type { VerifiedToken } from './jose.ts';

/** Request headers with every identity, forwarding and hop-by-hop header of the client removed. Minted by `origin/strip.ts`. */
export type StrippedHeaders = Brand<Headers, 'StrippedHeaders'>;

/** The one bearer token of a request, within the size cap, not parsed. Minted by `credentials/extract.ts`. */
export type BearerToken = Brand<string, 'BearerToken'>;

/** A verified token that is not revoked, or whose route accepts the doubt. Minted by `revocation/`. */
export type LiveToken = Brand<
  { readonly token: VerifiedToken; readonly revocation: 'checked' | 'accepted_on_doubt' | 'off' },
  'LiveToken'
>;

/** A live token whose route's scope and claim requirements hold. Minted by `access/`. */
export type Principal = Brand<{ readonly token: VerifiedToken }, 'Principal'>;

/** What the origin will receive: stripped headers plus verified identity. Minted by `origin/identity.ts`. */
export type OriginHeaders = Brand<Headers, 'OriginHeaders'>;
