/** What a request's path has in place of one `:name` of its route. */
export interface PathParameter {
  /** The segment as sent. */
  readonly raw: string;
  /** The one text that every origin reads in it, up to letter case; undefined where origins read several. */
  readonly value: string | undefined;
}

/** By name. */
export type PathParameters = ReadonlyMap<string, PathParameter>;
