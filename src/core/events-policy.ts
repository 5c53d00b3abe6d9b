/** Which requests leave a line in the log, and in whose words. Nothing else is told or counted by it. */
export interface EventsPolicy {
  /** Of 100 allowed requests. */
  readonly allowedShare: number;
  /** Refusals of one reason in one second and isolate; undefined: all. */
  readonly maxPerSecond: number | undefined;
  /** Whether requests are told by the names of OpenTelemetry's conventions; else by the gateway's own. */
  readonly names: 'portcullis' | 'opentelemetry';
}
