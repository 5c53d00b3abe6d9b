import * as z from 'zod/mini';
import { RESOURCE_METADATA_BOUNDS } from './defaults.ts';
import { parseEndpoint } from './endpoint.ts';
import { duration, isPlainText, listOf, parsed, scope, table, text } from './fields.ts';

const link = () =>
  parsed('an https URL without credentials and fragment (http only to localhost)', (value) =>
    parseEndpoint(value) === undefined ? undefined : value,
  );

/** RFC 9728 §2, under its names. */
export const resourceMetadataTable = table({
  resource: z.optional(
    parsed(
      'the URL of what is protected: https (http only to localhost), without credentials, query and fragment',
      (value) => {
        const url = value.includes('?') ? undefined : parseEndpoint(value);
        const isWritten = url !== undefined && (url.href === value || url.href === `${value}/`);
        return isWritten ? { identifier: value, url } : undefined;
      },
    ),
  ),
  authorization_servers: z.optional(
    listOf(
      parsed(
        'an issuer identifier: an https URL without credentials, query and fragment (http only to localhost)',
        (value) => (isIssuerIdentifier(value) ? value : undefined),
      ),
      'a list of issuer identifiers, at least one',
    ),
  ),
  scopes_supported: z.optional(scope()),
  resource_name: z.optional(
    text('text of 1 to 256 characters', (value) => isPlainText(value) && value.length <= 256),
  ),
  resource_documentation: z.optional(link()),
  resource_policy_uri: z.optional(link()),
  resource_tos_uri: z.optional(link()),
  max_age: z.optional(duration(RESOURCE_METADATA_BOUNDS.maxAge)),
});

/** RFC 8414 §2. */
export const isIssuerIdentifier = (text: string): boolean =>
  !/[?{}]/.test(text) && parseEndpoint(text) !== undefined;
