import type { resourceMetadataTable } from '../resource-metadata-table.ts';
import type { KeyReferences } from './key-reference.ts';

export const RESOURCE_METADATA_KEYS: KeyReferences<typeof resourceMetadataTable> = {
  resource: {
    byDefault: 'required',
    why: "The URL that clients know this API by, and name when they ask for a token (RFC 8707): without query and fragment, of the route's host, along its path. Make it an `audience` of the issuer; a warning says where it is none.",
    example: 'resource = "https://api.acme.example/orders"',
  },
  authorization_servers: {
    byDefault: 'the issuers of the route',
    why: 'Where clients log in. Only needed where an issuer is no https URL, or clients go to another one.',
    example: 'authorization_servers = ["https://login.acme.example"]',
  },
  scopes_supported: {
    byDefault: 'those that the route asks for',
    why: 'What clients may ask for.',
    example: 'scopes_supported = ["orders:read", "orders:write"]',
  },
  resource_name: {
    byDefault: 'none',
    why: 'What a client shows to a person.',
    example: 'resource_name = "Orders"',
  },
  resource_documentation: {
    byDefault: 'none',
    why: 'A page for developers.',
    example: 'resource_documentation = "https://docs.acme.example/orders"',
  },
  resource_policy_uri: {
    byDefault: 'none',
    why: 'A page about what is done with the data.',
    example: 'resource_policy_uri = "https://acme.example/privacy"',
  },
  resource_tos_uri: {
    byDefault: 'none',
    why: 'The terms of service.',
    example: 'resource_tos_uri = "https://acme.example/terms"',
  },
  max_age: {
    byDefault: '`"5m"`',
    why: 'How long caches may keep the document: for as long clients may ask an issuer that the route no longer takes.',
    example: 'max_age = "1h"',
  },
};
