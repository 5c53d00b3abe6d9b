import type { CaseResult } from './run-case.ts';

/** The results as JUnit XML, which CI systems read. Times are seconds. */
export function junitXml(file: string, results: readonly CaseResult[]): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const cases = results.map(({ name, failures, durationMs }) => {
    const attributes = `name="${escaped(name)}" classname="${escaped(file)}" time="${(durationMs / 1000).toFixed(3)}"`;
    const [first] = failures;
    return first === undefined
      ? `    <testcase ${attributes}/>`
      : `    <testcase ${attributes}>\n      <failure message="${escaped(first)}">${escaped(failures.join('\n'))}</failure>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escaped(file)}" tests="${results.length}" failures="${failed}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** XML 1.0 §2.2 has no other control characters than these, not even escaped. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
