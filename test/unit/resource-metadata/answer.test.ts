import { describe, expect, it } from 'vitest';
import { findDocument, resourceDocuments } from '../../../src/resource-metadata/answer.ts';

const aDocument = (host: string, path: string) => ({
  host,
  path,
  document: `${host}${path}`,
  maxAgeSeconds: 60,
});

describe('findDocument', () => {
  const documents = resourceDocuments([
    aDocument('a.example', '/.well-known/oauth-protected-resource'),
    aDocument('a.example', '/.well-known/oauth-protected-resource/x'),
    aDocument('b.example', '/.well-known/oauth-protected-resource/x'),
  ]);

  it('is nothing where no route names a resource', () => {
    expect(resourceDocuments([])).toBeUndefined();
  });

  it.each([
    ['a.example', '/.well-known/oauth-protected-resource'],
    ['a.example', '/.well-known/oauth-protected-resource/x'],
    ['b.example', '/.well-known/oauth-protected-resource/x'],
  ])('%s has its own at %s', (host, path) => {
    expect(documents && findDocument(documents, { host, path })?.document).toBe(`${host}${path}`);
  });

  it.each([
    ['b.example', '/.well-known/oauth-protected-resource'],
    ['a.example/.well-known', '/oauth-protected-resource'],
    ['a.example', '/x'],
  ])('%s has none at %s', (host, path) => {
    expect(documents && findDocument(documents, { host, path })).toBeUndefined();
  });
});
