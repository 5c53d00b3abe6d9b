import { visibleText } from '../../core/visible-text.ts';
import { counted } from '../report.ts';
import type { Tried } from './confirm.ts';
import { VERDICTS, type Verdict, type WitnessToken } from './difference.ts';
import type { JudgedSection, Judgement, TriedDifference } from './judge.ts';
import { AUTH_AGE } from './token-model.ts';

const TITLES: Readonly<Record<Verdict, string>> = {
  newly_reachable: 'Newly reachable without a token',
  looser: 'Looser',
  may_differ: 'May differ: it cannot be told',
  newly_refused: 'Newly refused',
  stricter: 'Stricter',
  moved: 'To another origin',
  other: 'Other changes',
};

const MAX_PLACES = 8;

interface Told {
  readonly difference: TriedDifference;
  readonly section: JudgedSection;
}

/** For people, on a terminal or, with `markdown`, in a pull request. */
export function judgementLines(
  judgement: Judgement,
  { markdown }: { readonly markdown: boolean },
): readonly string[] {
  const all = judgement.sections.flatMap((section) =>
    section.differences.map((difference): Told => ({ difference, section })),
  );
  const write = markdown ? markdownText : plainText;
  const lines = VERDICTS.flatMap((verdict) => {
    const told = all.filter(({ difference }) => difference.verdict === verdict);
    return told.length === 0
      ? []
      : [...write.title(TITLES[verdict]), ...told.flatMap((each) => write.entry(each))];
  });
  return [...lines.map(visibleText), ...(lines.length === 0 ? [] : ['']), summaryOf(judgement, all.length)];
}

function summaryOf({ regions, widening, unconfirmed }: Judgement, count: number): string {
  const compared = `${counted(regions, 'region')} of requests compared`;
  const mistakes =
    unconfirmed === 0 ? '' : ` ${counted(unconfirmed, 'witness')} unconfirmed: please report it.`;
  const told = count === 0 ? 'no differences' : counted(count, 'difference');
  return `${told}, ${compared}${widening ? '. It widens.' : count === 0 ? '' : '. Nothing widens.'}${mistakes}`;
}

const plainText = {
  title: (title: string) => ['', title],
  entry({ difference, section }: Told): readonly string[] {
    return [
      ...placesOf(section).map((place, index) => `  ${index === 0 ? '' : '  '}${place}`),
      `    ${sentenceOf(difference)}`,
      ...changeOf(difference, section).map((line) => `    ${line}`),
      ...witnessOf(difference).map((line) => `    ${line}`),
    ];
  },
};

const markdownText = {
  title: (title: string) => ['', `### ${title}`, ''],
  entry({ difference, section }: Told): readonly string[] {
    const [first = '', ...others] = placesOf(section);
    return [
      `- ${codeSpan(first)}${others.map((place) => `, ${codeSpan(place)}`).join('')}: ${escaped(sentenceOf(difference))}`,
      ...changeOf(difference, section).map((line) => `  - ${codeSpan(line)}`),
      ...witnessOf(difference).map((line) => `  - ${codeSpan(line)}`),
    ];
  },
};

/** Names of an attacker's choosing stand in a pull request: nothing in them is Markdown. */
const escaped = (text: string): string => text.replace(/[\\`*_[\]<>#|~@&!]/g, '\\$&');
const codeSpan = (text: string): string => {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return text === '' ? '' : `${fence}${pad}${text}${pad}${fence}`;
};

function placesOf({ where }: JudgedSection): readonly string[] {
  if (where.length === 0) return ['the whole policy'];
  const more = where.length - MAX_PLACES;
  return more > 0 ? [...where.slice(0, MAX_PLACES), `and ${more} more`] : where;
}

const sentenceOf = ({ what, widening, verdict }: TriedDifference): string =>
  widening && (verdict === 'other' || verdict === 'moved') ? `${what} (this widens)` : what;

function changeOf({ before, after }: TriedDifference, section: JudgedSection): readonly string[] {
  const routes =
    section.old !== undefined && section.old !== section.new ? [`${section.old} → ${section.new}`] : [];
  if (before === undefined && after === undefined) return routes;
  const own = `${before} → ${after}`;
  return own.length > 100
    ? [...routes, `before: ${before}`, `after:  ${after}`]
    : routes.includes(own)
      ? [own]
      : [...routes, own];
}

function witnessOf({ witness, confirmation }: TriedDifference): readonly string[] {
  if (witness === undefined || confirmation === undefined) return [];
  const { old, new: now, confirmed } = confirmation;
  return [
    `witness: ${witness.method} ${witness.url}, ${tokenText(witness.token)}`,
    `  before ${answerText(old)}, after ${answerText(now)}${confirmed ? '' : ' (unconfirmed)'}`,
  ];
}

const answerText = ({ passes, status, reason }: Tried): string =>
  passes ? 'let through' : `${status}${reason === undefined ? '' : ` ${reason}`}`;

export function tokenText(token: WitnessToken | undefined): string {
  if (token === undefined) return 'no token';
  if ('text' in token) return 'something that is no token';
  const { claims = {}, without = [], subject: _subject, ...others } = token.wish;
  const { [AUTH_AGE]: authAge, ...named } = claims;
  const parts = [
    ...Object.entries(named).map(
      ([name, value]) => `${name.replace(/^\/(?=[^/]*$)/, '')}=${JSON.stringify(value)}`,
    ),
    ...(typeof authAge === 'number' ? [`authenticated ${authAge} s ago`] : []),
    ...Object.entries(others).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
    ...without.map((name) => `without ${name}`),
  ];
  return `a ${token.revoked ? 'revoked ' : ''}token of ${token.issuer}${parts.length === 0 ? '' : ` with ${parts.join(', ')}`}`;
}
