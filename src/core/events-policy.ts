/** Which requests leave a line in the log. Nothing else is told or counted by it. */
export interface EventsPolicy {
  /** Of 100 allowed requests. */
  readonly allowedShare: number;
  /** Refusals of one reason in one second and isolate; undefined: all. */
  readonly maxPerSecond: number | undefined;
}
