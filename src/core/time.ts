/** Seconds since 1970-01-01T00:00:00Z, possibly fractional (RFC 7519 §2). */
export type NumericDate = number;

/** A date in a token: any number, fractions included, up to where whole seconds still differ. Not NaN, not text. */
export const isNumericDate = (value: unknown): value is NumericDate =>
  typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** The current time. Injected: no room reads a clock of its own. */
export type Clock = () => NumericDate;

/** A span of seconds as milliseconds with three decimals, for events. */
export const milliseconds = (seconds: number): number => Math.round(seconds * 1e6) / 1e3;
