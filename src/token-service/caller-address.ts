import { addressBlock } from '../rate-limit/address-block.ts';

/** What a limit by address counts: the caller's IPv4 address, or the /64 of its IPv6 one. Empty where nobody says. */
export const callerAddress = ({ headers }: Pick<Request, 'headers'>): string =>
  addressBlock(headers.get('CF-Connecting-IP') ?? '');
