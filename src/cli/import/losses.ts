/** Something of the peer's configuration that is not here as it was there. */
export interface Loss {
  /** Of the file that is read; counted from 1. */
  readonly line: number;
  /** What stands there, in a few words. */
  readonly what: string;
  readonly why: string;
  /** What the result does instead: the same or stricter. */
  readonly done: string;
}

/** Collects losses in the order in which they are found, each once. */
export class Losses {
  readonly #all = new Map<string, Loss>();

  add(line: number, what: string, why: string, done: string): void {
    const loss = { line, what, why, done };
    this.#all.set(JSON.stringify(loss), loss);
  }

  byLine(): readonly Loss[] {
    return [...this.#all.values()].toSorted((a, b) => a.line - b.line);
  }
}
