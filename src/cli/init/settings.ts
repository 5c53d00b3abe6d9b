import { PROVIDERS, type Provider, type ProviderName, type Setting } from './providers.ts';

/** JSON's strings are TypeScript's, and TOML's but for control characters, which no answer has. */
export const quoted = (value: string | readonly string[]): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : `[${value.map((each) => JSON.stringify(each)).join(', ')}]`;

interface Syntax {
  readonly comment: '#' | '//';
  readonly pair: (name: string, value: string) => string;
}

/** Lines of a provider's table besides issuer and audience. */
export function settingLines(provider: ProviderName, { comment, pair }: Syntax): readonly string[] {
  const { settings }: Provider = PROVIDERS[provider];
  return settings.map((setting: Setting) => {
    if ('note' in setting) return `${comment} ${setting.note}`;
    const { name, value, why, unset } = setting;
    const line = `${unset ? `${comment} ` : ''}${pair(name, quoted(value))}`;
    return why === undefined ? line : `${line}   ${comment} ${why}`;
  });
}
