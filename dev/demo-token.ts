import { z } from 'zod';
import type { TokenRequestBody } from './token-request.ts';

/** The demo issuer did not give a token; the message says what to do. */
export class NoToken extends Error {
  override readonly name = 'NoToken';
}

/** Asks the demo issuer for a token. Throws `NoToken`. */
export async function demoToken(issuer: string, body: TokenRequestBody): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    throw new NoToken(
      `No demo issuer answers on ${issuer}. Start it first, in another terminal: npm run dev`,
    );
  }
  const answer = answerSchema.parse(await response.json());
  if ('access_token' in answer) return answer.access_token;
  throw new NoToken(`The demo issuer refuses: ${answer.error_description}`);
}

const answerSchema = z.union([
  z.object({ access_token: z.string() }),
  z.object({ error_description: z.string() }),
]);
