/** What the reference of one key says beside what the schema knows: shown in docs/configuration.md and by editors. */
export interface KeyReference {
  /** What stands for the key left out: TOML in backquotes, which a test holds true, or words. Markdown. */
  readonly byDefault: string;
  /** What it does, and why one would set it. Markdown, one paragraph. */
  readonly why: string;
  /** TOML that sets the key; a test compiles it. */
  readonly example: string;
  /** TOML that the example needs beside it in the same table. */
  readonly beside?: string;
}

/** One for each key of a table's schema: a key without its reference does not compile. */
export type KeyReferences<Schema extends { readonly shape: object }> = {
  readonly [Key in keyof Schema['shape']]: KeyReference;
};
