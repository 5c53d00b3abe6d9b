/** A state transition worth a log line of its own, such as `jwks_refreshed`. Holds no token, jti or claim value. */
export interface OperationalEvent {
  readonly event: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly [field: string]: string | number | boolean | null | undefined | readonly string[];
}
