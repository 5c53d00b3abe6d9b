import { visibleText } from '../../core/visible-text.ts';
import { Code } from '../parts/code.tsx';
import { Moment } from '../parts/moment.tsx';
import { dateOf, type ReadToken } from '../token/decode.ts';

const DATES = ['iat', 'nbf', 'auth_time', 'exp'] as const;

/** Header and claims of a token, dates as people say them. Nothing of it is verified, and all of it is text. */
export function TokenView({ token }: { readonly token: ReadToken }) {
  return (
    <>
      <p class="quiet">Read in this browser. Nothing of it is verified: anybody can have written it.</p>
      <h3>Header</h3>
      <Members of={token.header} />
      <h3>Claims</h3>
      <Members of={token.claims} />
    </>
  );
}

export function Members({ of }: { readonly of: Readonly<Record<string, unknown>> }) {
  return (
    <dl class="facts">
      {Object.entries(of).map(([name, value]) => (
        <Member key={name} name={name} value={value} at={isDate(name) ? dateOf(of, name) : undefined} />
      ))}
    </dl>
  );
}

const isDate = (name: string): boolean => (DATES as readonly string[]).includes(name);

function Member({
  name,
  value,
  at,
}: {
  readonly name: string;
  readonly value: unknown;
  readonly at: number | undefined;
}) {
  return (
    <>
      <dt>{visibleText(name)}</dt>
      <dd>
        <Code>{typeof value === 'string' ? value : JSON.stringify(value)}</Code>
        {at !== undefined && (
          <>
            {' '}
            <Moment at={at} as={name === 'exp' ? 'expiry' : 'time'} />
          </>
        )}
      </dd>
    </>
  );
}
