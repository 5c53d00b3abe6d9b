import type { NumericDate } from '../core/time.ts';
import type { Gauges, KeySetGauges, KeySetState, SigningKeyGauges } from './gauges.ts';

/** What was told longer ago says nothing of now: its isolate may have ended. */
export const HEARD_SECONDS = 300;
/** After which nothing of an isolate is kept. */
const FORGOTTEN_SECONDS = 3_600;
/** Of which the latest gauges are kept: more than the object serves. */
const MAX_ISOLATES = 1_000;
/** In memory, of all isolates together: some ten megabytes. */
const MAX_SETS = 50_000;
/** Key sets that are kept through a restart: about a megabyte. */
const MAX_KEPT_SETS = 5_000;

/** An issuer's key set, as the isolate told it that is worst off. */
export interface KeySetReading extends KeySetGauges {
  readonly toldAt: NumericDate;
  /** The isolate. */
  readonly toldBy: string;
  /** How many isolates told which state within `HEARD_SECONDS`. */
  readonly isolates: Readonly<Record<KeySetState, number>>;
  /** In how many of them the last refresh failed. */
  readonly failingIsolates: number;
}

export interface GaugesReading {
  /** In the order of their names. */
  readonly keySets: readonly KeySetReading[];
  /** undefined: no isolate has told of it within `HEARD_SECONDS`. */
  readonly store:
    | {
        /** How many isolates are in doubt. */
        readonly inDoubt: number;
        /** Of the isolate that told last of those in doubt. */
        readonly doubt: string | undefined;
        /** The highest. */
        readonly position: number;
      }
    | undefined;
  /** The oldest copy of the deny-list that an isolate told of within `HEARD_SECONDS`; undefined: there is none. */
  readonly replica: { readonly asOf: NumericDate; readonly isolates: number } | undefined;
  /** The latest that was told within an hour; undefined: there is none. */
  readonly signingKeys: SigningKeyGauges | undefined;
}

interface Told {
  readonly by: string;
  readonly gauges: Gauges;
}

/** All of it, to be kept and gone on from: the isolate that was heard last stands last. */
export type KeptGauges = readonly Told[];

/**
 * The latest gauges of each isolate. Of an issuer counts the worst that was told within `HEARD_SECONDS`: a set
 * that is not fresh and cannot be refreshed before one that nobody needed, of equal ones the set that is refused soonest, of
 * fresh ones the latest; where nobody was heard, the latest that was told.
 */
export class ToldGauges {
  readonly #told = new Map<string, Gauges>();
  readonly #most: number;
  #sets = 0;

  constructor(kept: KeptGauges = [], most = MAX_ISOLATES) {
    this.#most = most;
    for (const { by, gauges } of kept) this.#set(by, gauges);
  }

  /** Those that were told last: what has room beside others in one value of a storage. */
  keep(): KeptGauges {
    let room = MAX_KEPT_SETS;
    const latest = [...this.#told].reverse().filter(([, { keySets }]) => {
      room -= keySets.length + 1;
      return room >= 0;
    });
    return latest.reverse().map(([by, gauges]) => ({ by, gauges }));
  }

  /** @param now what an isolate's clock is ahead of it does not count */
  add(isolate: string, gauges: Gauges, now: NumericDate): void {
    // Kept in the order in which they were heard.
    this.#delete(isolate);
    this.#set(isolate, { ...gauges, at: Math.min(gauges.at, now) });
    for (const oldest of this.#told.keys()) {
      if (oldest === isolate || (this.#told.size <= this.#most && this.#sets <= MAX_SETS)) return;
      this.#delete(oldest);
    }
  }

  read(now: NumericDate): GaugesReading {
    for (const [by, { at }] of this.#told) {
      if (Math.abs(now - at) > FORGOTTEN_SECONDS) this.#delete(by);
    }
    const all = [...this.#told].map(([by, gauges]) => ({ by, gauges }));
    const heard = all.filter(({ gauges }) => isHeard(gauges.at, now));
    const stores = heard.flatMap(({ gauges: { at, store } }) =>
      store === undefined ? [] : [{ at, ...store }],
    );
    const doubts = stores.filter(({ doubt }) => doubt !== undefined).sort((a, b) => b.at - a.at);
    const copies = heard.flatMap(({ gauges }) => gauges.replica?.asOf ?? []);
    return {
      keySets: keySetsOf(all, now),
      store:
        stores.length === 0
          ? undefined
          : {
              inDoubt: doubts.length,
              doubt: doubts[0]?.doubt,
              position: Math.max(...stores.map(({ position }) => position)),
            },
      replica: copies.length === 0 ? undefined : { asOf: Math.min(...copies), isolates: copies.length },
      // An isolate that the keyring has left goes on telling what it saw.
      signingKeys: all
        .flatMap(({ gauges }) => gauges.signingKeys ?? [])
        .reduce<SigningKeyGauges | undefined>((a, b) => (a !== undefined && a.at >= b.at ? a : b), undefined),
    };
  }

  #set(isolate: string, gauges: Gauges): void {
    this.#told.set(isolate, gauges);
    this.#sets += gauges.keySets.length;
  }

  #delete(isolate: string): void {
    this.#sets -= this.#told.get(isolate)?.keySets.length ?? 0;
    this.#told.delete(isolate);
  }
}

/** What was told by a clock that was ahead was not told just now either. */
const isHeard = (at: NumericDate, now: NumericDate): boolean => Math.abs(now - at) <= HEARD_SECONDS;

type ToldKeySet = KeySetGauges & Pick<KeySetReading, 'toldAt' | 'toldBy'>;

function keySetsOf(told: readonly Told[], now: NumericDate): KeySetReading[] {
  const byIssuer = new Map<string, ToldKeySet[]>();
  for (const { by, gauges } of told) {
    for (const each of gauges.keySets) {
      const sets = byIssuer.get(each.issuer) ?? [];
      byIssuer.set(each.issuer, sets);
      sets.push({ ...each, toldAt: gauges.at, toldBy: by });
    }
  }
  return [...byIssuer.values()]
    .flatMap((sets) => {
      const heard = sets.filter(({ toldAt }) => isHeard(toldAt, now));
      const shown = heard.length > 0 ? heard.sort(worstFirst)[0] : sets.sort(latestFirst)[0];
      const count = (wanted: KeySetState) => heard.filter(({ state }) => state === wanted).length;
      const isolates = { fresh: count('fresh'), stale: count('stale'), none: count('none') };
      const failingIsolates = heard.filter(({ failing }) => failing).length;
      return shown === undefined ? [] : [{ ...shown, isolates, failingIsolates }];
    })
    .sort((a, b) => (a.issuer < b.issuer ? -1 : 1));
}

const STATE_RANKS: Readonly<Record<KeySetState, number>> = { none: 0, stale: 1, fresh: 2 };
const rankOf = ({ state, failing }: ToldKeySet): number =>
  STATE_RANKS[state] + (failing && state !== 'fresh' ? 0 : 3);

const latestFirst = (a: ToldKeySet, b: ToldKeySet): number => b.toldAt - a.toldAt;

function worstFirst(a: ToldKeySet, b: ToldKeySet): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  const sooner = a.state === 'stale' ? (a.usableUntil ?? 0) - (b.usableUntil ?? 0) : 0;
  return sooner !== 0 ? sooner : latestFirst(a, b);
}
