import { UsageError } from '../src/cli/command.ts';

/** Where each part of the local demo listens: five neighbouring ports on loopback. */
export interface Addresses {
  readonly gateway: number;
  readonly issuer: number;
  readonly origin: number;
  readonly control: number;
  readonly bridge: number;
}

/** What `wrangler.toml` and `wrangler.control.toml` are written for. */
export const DEFAULT_PORT = 8787;

export function addressesFrom(port: number): Addresses {
  return { gateway: port, issuer: port + 1, origin: port + 2, control: port + 3, bridge: port + 4 };
}

/** A URL as the configuration and the tokens spell it: an issuer or audience is compared as text. */
export const localUrl = (port: number): string => `http://localhost:${port}`;

/** Throws `UsageError` unless all five ports fit. */
export function parsePort(text: string | undefined): number {
  const port = text === undefined ? DEFAULT_PORT : Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_531) return port;
  throw new UsageError(`--port: expected a number from 1 to 65531, found "${text}"`);
}
