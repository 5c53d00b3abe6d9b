/** What an event does to tokens: see `readSubject` for the difference between `session` and `user`. */
export type EventEffect = 'session' | 'user' | 'none';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
const OAUTH = 'https://schemas.openid.net/secevent/oauth/event-type/';
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/';

/** Event types that revoke, or that this receiver is asked to answer. Every other type is acknowledged and ignored. */
const EFFECTS: ReadonlyMap<string, EventEffect> = new Map([
  [`${CAEP}session-revoked`, 'session'],
  [`${CAEP}credential-change`, 'user'],
  [`${RISC}account-disabled`, 'user'],
  [`${RISC}account-purged`, 'user'],
  [`${RISC}account-credential-change-required`, 'user'],
  [`${RISC}credential-compromise`, 'user'],
  [`${RISC}sessions-revoked`, 'user'],
  [`${OAUTH}tokens-revoked`, 'user'],
  [`${SSF}verification`, 'none'],
  [`${SSF}stream-updated`, 'none'],
]);

export const effectOf = (eventType: string): EventEffect => EFFECTS.get(eventType) ?? 'none';

export const CREDENTIAL_CHANGE = `${CAEP}credential-change`;
export const VERIFICATION = `${SSF}verification`;
