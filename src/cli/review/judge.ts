import type { Policy } from '../../core/policy.ts';
import type { IssuerDifference } from './compare-issuers.ts';
import { type Comparison, comparePolicies } from './compare-policies.ts';
import { type Confirmation, confirmWitness, openTrial, type Trial } from './confirm.ts';
import type { Difference } from './difference.ts';
import { regionLines } from './region-text.ts';

export type TriedDifference = Difference & {
  /** undefined: there is no witness, since no request shows it. */
  readonly confirmation?: Confirmation | undefined;
};

/** Where some differences hold. */
export interface JudgedSection {
  /** Lines such as `GET api.example.com/orders/*`; none: the whole policy. */
  readonly where: readonly string[];
  readonly old: string | undefined;
  readonly new: string | undefined;
  readonly differences: readonly TriedDifference[];
}

export interface Judgement {
  readonly sections: readonly JudgedSection[];
  readonly regions: number;
  readonly widening: boolean;
  /** Witnesses that did not show what they should: a mistake of this program. */
  readonly unconfirmed: number;
}

/** Compares two policies and tries every witness on both. */
export async function judge(old: Policy, now: Policy): Promise<Judgement> {
  const comparison = comparePolicies(old, now);
  const trial = await openTrial({ old, new: now });
  const sections: JudgedSection[] = [];
  const whole = [...(await shownIssuers(comparison.issuers, trial)), ...comparison.policy];
  if (whole.length > 0) sections.push({ where: [], old: undefined, new: undefined, differences: whole });
  for (const section of parts(comparison)) {
    const differences: TriedDifference[] = [];
    for (const difference of section.differences) {
      const { witness } = difference;
      differences.push(
        witness ? { ...difference, confirmation: await confirmWitness(witness, trial) } : difference,
      );
    }
    sections.push({ ...section, differences });
  }
  const all = sections.flatMap(({ differences }) => differences);
  return {
    sections,
    regions: comparison.regions,
    widening: all.some(({ widening }) => widening),
    unconfirmed: all.filter(({ confirmation }) => confirmation?.confirmed === false).length,
  };
}

/** Each with the first witness that shows it, or with none: what routes require may leave no token that does. */
async function shownIssuers(
  differences: readonly IssuerDifference[],
  trial: Trial<'old' | 'new'>,
): Promise<readonly TriedDifference[]> {
  const tried: TriedDifference[] = [];
  for (const { witnesses, ...difference } of differences) {
    let shown: TriedDifference = difference;
    for (const witness of witnesses) {
      const confirmation = await confirmWitness(witness, trial);
      if (!confirmation.confirmed) continue;
      shown = { ...difference, witness, confirmation };
      break;
    }
    tried.push(shown);
  }
  return tried;
}

function parts({ sections }: Comparison): readonly JudgedSection[] {
  const merged = new Map<string, { section: JudgedSection; regions: (typeof sections)[number]['regions'] }>();
  for (const { regions, differences, ...names } of sections) {
    const key = JSON.stringify([names, differences.map(({ witness: _witness, ...told }) => told)]);
    const known = merged.get(key);
    merged.set(key, {
      section: known?.section ?? { where: [], ...names, differences },
      regions: [...(known?.regions ?? []), ...regions],
    });
  }
  return [...merged.values()].map(({ section, regions }) => ({ ...section, where: regionLines(regions) }));
}
