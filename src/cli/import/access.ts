import { allOf, anyOf, not, type Requirement } from './requirement.ts';

/** What a peer asks of requests: of those without a token, and of a token that is valid. */
export interface Condition {
  readonly anonymous: boolean;
  readonly token: Requirement;
}

/**
 * What stands for a condition that cannot be said exactly: every request that meets `under` meets the condition, and
 * every request that meets the condition meets `over`. Where both are the same nothing is lost.
 */
export interface Bounds {
  readonly under: Condition;
  readonly over: Condition;
}

/** A condition, and whether a token that is presented is looked at: a bad one is then refused. */
export interface Access extends Condition {
  readonly verifies: boolean;
}

export const EVERYBODY: Condition = { anonymous: true, token: true };
export const NOBODY: Condition = { anonymous: false, token: false };

/** Passes without being looked at. */
export const OPEN: Access = { ...EVERYBODY, verifies: false };
export const REFUSED: Access = { ...NOBODY, verifies: true };

export const withToken = (token: Requirement): Access => ({ anonymous: false, token, verifies: true });
export const withOptionalToken = (token: Requirement): Access => ({ anonymous: true, token, verifies: true });

export const bothConditions = (parts: readonly Condition[]): Condition => ({
  anonymous: parts.every(({ anonymous }) => anonymous),
  token: allOf(parts.map(({ token }) => token)),
});

export const eitherCondition = (parts: readonly Condition[]): Condition => ({
  anonymous: parts.some(({ anonymous }) => anonymous),
  token: anyOf(parts.map(({ token }) => token)),
});

export const both = (parts: readonly Access[]): Access => ({
  ...bothConditions(parts),
  verifies: parts.some(({ verifies }) => verifies),
});

export const either = (parts: readonly Access[]): Access => ({
  ...eitherCondition(parts),
  verifies: parts.every(({ verifies }) => verifies),
});

export const exactly = (condition: Condition): Bounds => ({ under: condition, over: condition });

/** Nothing is known of it. */
export const UNKNOWN: Bounds = { under: NOBODY, over: EVERYBODY };

export const allBounds = (parts: readonly Bounds[]): Bounds => ({
  under: bothConditions(parts.map(({ under }) => under)),
  over: bothConditions(parts.map(({ over }) => over)),
});

export const anyBounds = (parts: readonly Bounds[]): Bounds => ({
  under: eitherCondition(parts.map(({ under }) => under)),
  over: eitherCondition(parts.map(({ over }) => over)),
});

export const notBounds = ({ under, over }: Bounds): Bounds => ({
  under: negated(over),
  over: negated(under),
});

const negated = ({ anonymous, token }: Condition): Condition => ({
  anonymous: !anonymous,
  token: not(token),
});

export const isRefused = ({ anonymous, token }: Condition): boolean => !anonymous && token === false;
