import { describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, readBody, readForm } from '../../../src/http/body.ts';

const TYPE = 'application/json';

const request = (body: BodyInit, headers: Record<string, string> = {}) =>
  new Request('https://control.example/', {
    method: 'POST',
    headers: { 'Content-Type': TYPE, ...headers },
    body,
  });

/** Sends `text`, and then nothing: neither more nor an end. */
const halfSent = (text: string) =>
  new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
  });

describe('readBody', () => {
  it('gives the octets of a body that ends', async () => {
    const read = await readBody(request('{}'), TYPE, 60_000);
    expect(read.ok && new TextDecoder().decode(read.value)).toBe('{}');
  });

  it('RFC 9110 §15.5.9: gives up a body that is sent by half', async () => {
    const read = await readBody(request(halfSent('{"token":')), TYPE, 20);
    expect(read).toMatchObject({ ok: false, error: { status: 408 } });
  });

  it('tells a body that breaks off from one that does not arrive', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new TypeError('gone')),
    });
    const read = await readBody(request(broken), TYPE, 60_000);
    expect(read).toMatchObject({ ok: false, error: { status: 400 } });
  });

  it.each([
    [MAX_BODY_BYTES, true],
    [MAX_BODY_BYTES + 1, false],
  ])('a body of %i octets: %s', async (length, taken) => {
    const read = await readBody(request(new Uint8Array(length)), TYPE, 60_000);
    expect(read.ok).toBe(taken);
    expect(read).toMatchObject(taken ? { value: { byteLength: length } } : { error: { status: 413 } });
  });

  it('refuses a body before it is read for its announced length, its type and its encoding', async () => {
    const announced = request(halfSent('x'), { 'Content-Length': String(MAX_BODY_BYTES + 1) });
    expect(await readBody(announced, TYPE, 60_000)).toMatchObject({ error: { status: 413 } });
    expect(await readBody(request(halfSent('x')), 'text/plain', 60_000)).toMatchObject({
      error: { status: 415 },
    });
    const encoded = request(halfSent('x'), { 'Content-Encoding': 'gzip' });
    expect(await readBody(encoded, TYPE, 60_000)).toMatchObject({ error: { status: 415 } });
  });
});

describe('readForm', () => {
  it('RFC 6749 §3.2: refuses a parameter that stands twice', async () => {
    const form = (body: string) => request(body, { 'Content-Type': 'application/x-www-form-urlencoded' });
    expect(await readForm(form('a=1&b=2'))).toEqual({
      ok: true,
      value: new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    });
    expect(await readForm(form('a=1&a=1'))).toMatchObject({ ok: false, error: { status: 400 } });
  });
});
