/** An assertion is used at once: RFC 7523 §3 lets a server refuse an `exp` "unreasonably far in the future". */
export const MAX_ASSERTION_SECONDS = 300;
