/** What a command may use of the world around it. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readStdin: () => Promise<string>;
  readonly readFile: (path: string) => Promise<string>;
  readonly exists: (path: string) => Promise<boolean>;
  /** Makes the folders that are missing, and writes over what is there. */
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** A line that a person types; undefined at the end of input. There is nobody to ask where it is left out. */
  readonly ask?: (question: string) => Promise<string | undefined>;
  /** Seconds since 1970. */
  readonly now: () => number;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  /** Returns the exit code. Throws `UsageError` or `CommandFailed`. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** Part of the command line's contract: scripts branch on it. */
export const EXIT = {
  done: 0,
  /** The request was refused, or the answer could not be understood. */
  failed: 1,
  usage: 2,
  /** Nothing is known to have happened: run it again. */
  unavailable: 3,
  /** `lookup` alone: it is not revoked. */
  notRevoked: 4,
} as const;

/** The command line was mistyped. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was understood and did not succeed; the message says why and what to do. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}
