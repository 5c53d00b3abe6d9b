import type { JsonValue } from '../../core/jose.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { canonicalPath } from '../../routing/canonical-path.ts';

/** `no request [with method M] reaches TARGET [without CONDITION]`, as docs/reviewing.md defines it. */
export interface Sentence {
  readonly text: string;
  /** Upper case; undefined: of every method. */
  readonly method: string | undefined;
  readonly target: Target;
  /** All of them are needed; none: nothing may reach it at all. */
  readonly terms: readonly Term[];
}

export type Target =
  | { readonly kind: 'all' }
  /** A host in lower case. */
  | { readonly kind: 'origin' | 'route' | 'host' | 'path'; readonly value: string };

/** `scope` may hold `*`. */
export type Term =
  | { readonly kind: 'token' }
  | { readonly kind: 'scope' | 'issuer' | 'client'; readonly value: string }
  | { readonly kind: 'claim'; readonly name: string; readonly value: JsonValue | undefined };

type Word = { readonly text: string; readonly quoted: boolean };

/** Reads one sentence, or says what was expected where. */
export function readSentence(text: string): Result<Sentence, string> {
  const words = wordsOf(text);
  if (words === undefined) return err('a quotation mark is not closed');
  const reader = new Reader(words);
  try {
    reader.expect('no', 'request');
    const method = reader.take('with', 'method') ? reader.quoted('a method').toUpperCase() : undefined;
    reader.expect('reaches');
    const target = readTarget(reader);
    const terms: Term[] = [];
    if (reader.take('without')) {
      do terms.push(...readTerms(reader));
      while (reader.take('and'));
    }
    reader.end();
    return ok({ text, method, target, terms });
  } catch (error) {
    if (!(error instanceof Misread)) throw error;
    return err(error.message);
  }
}

class Misread extends Error {}

class Reader {
  readonly #words: readonly Word[];
  #at = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  take(...words: readonly string[]): boolean {
    const fits = words.every((word, index) => {
      const next = this.#words[this.#at + index];
      return next !== undefined && !next.quoted && next.text === word;
    });
    if (fits) this.#at += words.length;
    return fits;
  }

  expect(...words: readonly string[]): void {
    if (!this.take(...words)) throw this.misread(`"${words.join(' ')}"`);
  }

  quoted(what: string): string {
    const next = this.#words[this.#at];
    if (next === undefined || !next.quoted || next.text === '')
      throw this.misread(`${what} in quotation marks`);
    this.#at += 1;
    return next.text;
  }

  end(): void {
    if (this.#at < this.#words.length) throw this.misread('the end of the sentence');
  }

  misread(expected: string): Misread {
    const next = this.#words[this.#at];
    return new Misread(
      `expected ${expected}, found ${next === undefined ? 'the end' : JSON.stringify(next.text)}`,
    );
  }
}

function readTarget(reader: Reader): Target {
  if (reader.take('any', 'origin')) return { kind: 'all' };
  for (const kind of ['origin', 'route', 'host', 'path'] as const) {
    if (!reader.take(kind)) continue;
    const value = reader.quoted(`the ${kind}`);
    if (kind === 'path' && !isPath(value))
      throw new Misread(`${JSON.stringify(value)} is no path; such as "/orders/*"`);
    if (kind === 'host' && !HOST.test(value)) throw new Misread(`${JSON.stringify(value)} is no host`);
    return { kind, value: kind === 'host' ? value.toLowerCase() : value };
  }
  throw reader.misread('any origin, origin, route, host or path');
}

const HOST = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;

/** A path that a request may have, or all below one: without parameters, and spelt as routes are. */
function isPath(text: string): boolean {
  const bare = text.endsWith('/*') ? text.slice(0, -1) : text;
  const path = canonicalPath(bare);
  return !/[*]|\/:/.test(bare) && path.ok && path.value === bare;
}

function readTerms(reader: Reader): readonly Term[] {
  const [term] = [readTerm(reader)];
  return reader.take('from', 'issuer')
    ? [term, { kind: 'issuer', value: reader.quoted('an issuer') }]
    : [term];
}

function readTerm(reader: Reader): Term {
  if (reader.take('a', 'token')) return { kind: 'token' };
  for (const kind of ['scope', 'issuer', 'client'] as const) {
    if (reader.take(kind)) return { kind, value: reader.quoted(`a ${kind}`) };
  }
  if (reader.take('claim')) {
    const name = reader.quoted('a claim');
    return { kind: 'claim', name, value: reader.take('equal', 'to') ? reader.quoted('a value') : undefined };
  }
  throw reader.misread('a token, scope, issuer, client or claim');
}

function wordsOf(text: string): readonly Word[] | undefined {
  const words = [...text.matchAll(/"([^"]*)"|([^\s"]+)|(")/g)];
  return words.some(([, , , open]) => open !== undefined)
    ? undefined
    : words.map(([, quoted, bare = '']) => ({ text: quoted ?? bare, quoted: quoted !== undefined }));
}
