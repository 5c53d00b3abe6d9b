import { braces, headOf } from './exposition-lines.ts';
import type { GaugesReading } from './told-gauges.ts';

/** One gauge of the exposition. */
export interface GaugeFamily {
  readonly help: string;
  readonly labels: readonly string[];
  /** Label values in the order of `labels`, and the number. */
  readonly samples: (reading: GaugesReading) => readonly (readonly [readonly string[], number | undefined])[];
}

const STATES = ['fresh', 'stale', 'none'] as const;

/** What isolates held when they last handed on, by the name of its family. */
export const GAUGES = {
  portcullis_key_set_isolates: {
    help: 'Isolates heard of in the last five minutes, by the state of the key set they hold of an issuer',
    labels: ['issuer', 'state'],
    samples: ({ keySets }) =>
      keySets.flatMap(({ issuer, isolates }) =>
        STATES.map((state) => [[issuer, state], isolates[state]] as const),
      ),
  },
  portcullis_key_set_failing_isolates: {
    help: "Isolates heard of in the last five minutes whose last refresh of an issuer's key set failed, less than an hour ago",
    labels: ['issuer'],
    samples: ({ keySets }) => keySets.map(({ issuer, failingIsolates }) => [[issuer], failingIsolates]),
  },
  portcullis_key_set_keys: {
    help: "Usable keys of an issuer's key set, in the isolate that is worst off",
    labels: ['issuer'],
    samples: ({ keySets }) => keySets.map(({ issuer, keys }) => [[issuer], keys]),
  },
  portcullis_key_set_fresh_until_timestamp_seconds: {
    help: "When an issuer's key set becomes stale, in the isolate that is worst off",
    labels: ['issuer'],
    samples: ({ keySets }) => keySets.map(({ issuer, freshUntil }) => [[issuer], freshUntil]),
  },
  portcullis_key_set_usable_until_timestamp_seconds: {
    help: "From when an issuer's key set is refused for its age, in the isolate that is worst off",
    labels: ['issuer'],
    samples: ({ keySets }) => keySets.map(({ issuer, usableUntil }) => [[issuer], usableUntil]),
  },
  portcullis_revocation_store_doubt_isolates: {
    help: 'Isolates heard of in the last five minutes that take the revocation store for another or a lost one',
    labels: [],
    samples: ({ store }) => [[[], store?.inDoubt]],
  },
  portcullis_revocation_store_position: {
    help: 'The highest position of the revocation store that an isolate has seen',
    labels: [],
    samples: ({ store }) => [[[], store?.position]],
  },
  portcullis_revocation_replica_as_of_timestamp_seconds: {
    help: 'As of when the oldest copy of the deny-list is that an isolate told of in the last five minutes',
    labels: [],
    samples: ({ replica }) => [[[], replica?.asOf]],
  },
  portcullis_signing_key_published_timestamp_seconds: {
    help: 'When the key was published that the token service signs with',
    labels: [],
    samples: ({ signingKeys }) => [[[], signingKeys?.currentPublishedAt]],
  },
  portcullis_signing_key_rotates_at_timestamp_seconds: {
    help: 'When the next signing key of the token service takes the place of the current one by itself',
    labels: [],
    samples: ({ signingKeys }) => [[[], signingKeys?.rotatesAt]],
  },
  portcullis_signing_keys: {
    help: "Keys in the token service's published set",
    labels: [],
    samples: ({ signingKeys }) => [[[], signingKeys?.published]],
  },
  portcullis_signing_key_denials_pending: {
    help: 'Withdrawn signing keys that the deny-list has not confirmed',
    labels: [],
    samples: ({ signingKeys }) => [[[], signingKeys?.denialsPending]],
  },
} as const satisfies Record<string, GaugeFamily>;

/** A number that is not known has no line: there is no 0 in its place. */
export const gaugeLines = (reading: GaugesReading | undefined, open: boolean): string[] =>
  Object.entries<GaugeFamily>(GAUGES).flatMap(([name, { help, labels, samples }]) => [
    ...headOf(name, 'gauge', help, open),
    ...(reading === undefined ? [] : samples(reading)).flatMap(([values, number]) =>
      number === undefined
        ? []
        : [`${name}${braces(labels.map((label, i) => [label, values[i] ?? ''] as const))} ${number}`],
    ),
  ]);
