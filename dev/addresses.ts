import { UsageError } from '../src/cli/command.ts';

/** Where each part of the local demo listens: six neighbouring ports on loopback. */
export interface Addresses {
  readonly gateway: number;
  /** The token service. */
  readonly issuer: number;
  readonly origin: number;
  readonly control: number;
  readonly bridge: number;
  /** Where people log in. */
  readonly provider: number;
}

/** What the Workers' files are written for. */
export const DEFAULT_PORT = 8787;

export function addressesFrom(port: number): Addresses {
  const [gateway, issuer, origin] = [port, port + 1, port + 2];
  return { gateway, issuer, origin, control: port + 3, bridge: port + 4, provider: port + 5 };
}

/** A URL as the configuration and the tokens spell it: an issuer or audience is compared as text. */
export const localUrl = (port: number): string => `http://localhost:${port}`;

/** Throws `UsageError` unless all six ports fit. */
export function parsePort(text: string | undefined): number {
  const port = text === undefined ? DEFAULT_PORT : Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_530) return port;
  throw new UsageError(`--port: expected a number from 1 to 65530, found "${text}"`);
}
