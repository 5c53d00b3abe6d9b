import { describe, expect, it } from 'vitest';
import { mappingFault } from '../../../src/origin/reserved-headers.ts';

describe('mappingFault', () => {
  it.each([
    'X-User-Id',
    'X-Tenant',
    'X_Roles',
    'User',
    'X-Forwarded-User',
    'X-Forwarded-Email',
    'X-Remote-User',
    'Remote-User',
    'X-Auth-Request-Email',
    'X-WebAuth-User',
    'OIDC_CLAIM_email',
    'X-Vouch-User',
    'X-Endpoint-API-UserInfo',
    'SM_USER',
    'X-Content',
  ])('lets a claim go out as %s', (header) => {
    expect(mappingFault(header)).toBeUndefined();
  });

  it.each([
    'Connection',
    'Upgrade',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Host',
    'Proxy-Authorization',
    'Forwarded',
    'X-Forwarded-For',
    'x_forwarded_host',
    'X-Real-IP',
    'X-HTTP-Method-Override',
    'X-Original-URL',
    'X-Portcullis-Subject',
    'CF-Connecting-IP',
  ])('keeps %s for the gateway', (header) => {
    expect(mappingFault(header)).toBe('reserved');
  });

  it.each([
    'Authorization',
    'Cookie',
    'Set-Cookie',
    'Content-Length',
    'content_type',
    'Content-Anything',
    'Accept',
    'Accept-Encoding',
    'Range',
    'If-Match',
    'Origin',
    'Referer',
    'User-Agent',
    'Sec-WebSocket-Key',
    'Sec.Fetch.Site',
    'Cf-Ray',
    'CDN-Loop',
    'Traceparent',
    'Cache-Control',
  ])('leaves %s its own meaning', (header) => {
    expect(mappingFault(header)).toBe('standard');
  });
});
