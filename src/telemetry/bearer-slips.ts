/** How people get the one form of `Authorization: Bearer` wrong (RFC 6750 §2.1). */
interface BearerSlip {
  /** Of the header's value. */
  readonly form: RegExp;
  /** As a step tells what it found. */
  readonly found: string;
  readonly why: string;
}

/** The first whose form fits is the one. */
export const BEARER_SLIPS: readonly BearerSlip[] = [
  {
    form: /^bearer\s*$/i,
    found: 'Authorization: Bearer with nothing after it',
    why: 'There is no token after "Bearer".',
  },
  {
    form: /^bearer\s*:/i,
    found: 'Authorization: Bearer with a colon after it',
    why: 'After "Bearer" comes a space and the token, and no colon.',
  },
  {
    form: /^bearer\s+bearer\b/i,
    found: 'Authorization: Bearer twice',
    why: '"Bearer" stands twice before the token.',
  },
  {
    form: /^bearer\s+["']?[{[]/i,
    found: 'Authorization: Bearer with JSON after it',
    why: 'What was sent as the token is JSON. If it is the answer of a token endpoint, the token is its "access_token".',
  },
  {
    form: /^bearer\s+["'<]/i,
    found: 'Authorization: Bearer with quotes or brackets about the token',
    why: 'There are quotes or brackets about the token, which belong to no token.',
  },
];
