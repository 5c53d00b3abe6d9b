import { env } from 'cloudflare:workers';
import type { RevocationNamespace } from '../../../src/revocation-store/durable/call.ts';
import { createDurableFeed } from '../../../src/revocation-store/durable/feed.ts';
import { createDurableReader } from '../../../src/revocation-store/durable/reader.ts';
import { createDurableStore } from '../../../src/revocation-store/durable/store.ts';
import { describeRevocationBackend } from '../../fixtures/revocation-contract.ts';

const { REVOCATIONS } = env as { REVOCATIONS: RevocationNamespace };

describeRevocationBackend('Durable Object', async () => ({
  store: createDurableStore(REVOCATIONS, { timeoutMs: 20_000 }),
  reader: createDurableReader(REVOCATIONS),
  feed: createDurableFeed(REVOCATIONS),
}));
