import { describe, expect, it } from 'vitest';
import { createSealer, type KeyShape, SealBroken } from '../../../src/signing-keys/sealing.ts';

const OLD = { name: 'OLD', secret: 'old-sealing-secret-of-32-characters' };
const NEW = { name: 'NEW', secret: 'new-sealing-secret-of-32-characters' };
const SHAPE: KeyShape = {
  format: 'pkcs8',
  algorithm: { name: 'ECDSA', namedCurve: 'P-256' },
  usages: ['sign'],
};

async function privateKey(): Promise<CryptoKey> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  if (!('privateKey' in pair)) throw new TypeError('not a pair');
  return pair.privateKey;
}

const sealed = async () => {
  const sealer = createSealer([OLD], 'tests');
  const key = await privateKey();
  return { sealer, key, at: await sealer.seal(key, 'pkcs8', 'record') };
};

describe('a sealed key', () => {
  it('opens as a key that signs and cannot be exported', async () => {
    const { sealer, at } = await sealed();
    const opened = await sealer.open(at, SHAPE, 'record');
    expect(opened.extractable).toBe(false);
    expect(opened.usages).toEqual(['sign']);
  });

  it('shows nothing of the key, and twice the same key looks different', async () => {
    const { sealer, key, at } = await sealed();
    const exported = await crypto.subtle.exportKey('pkcs8', key);
    if (!(exported instanceof ArrayBuffer)) throw new TypeError('not bytes');
    const plain = new Uint8Array(exported).toHex();
    const hidden = Uint8Array.fromBase64(at.bytes, { alphabet: 'base64url' }).toHex();
    expect(hidden).not.toContain(plain.slice(0, 32));
    expect(hidden).not.toContain(plain.slice(-32));
    const again = await sealer.seal(key, 'pkcs8', 'record');
    expect(again.bytes).not.toBe(at.bytes);
    expect(again.iv).not.toBe(at.iv);
  });

  it('does not open in another record, for another purpose, or with another secret', async () => {
    const { sealer, at } = await sealed();
    await expect(sealer.open(at, SHAPE, 'other')).rejects.toBeInstanceOf(SealBroken);
    await expect(createSealer([OLD], 'else').open(at, SHAPE, 'record')).rejects.toBeInstanceOf(SealBroken);
    await expect(createSealer([NEW], 'tests').open(at, SHAPE, 'record')).rejects.toBeInstanceOf(SealBroken);
    const posing = createSealer([{ ...OLD, secret: NEW.secret }], 'tests');
    await expect(posing.open(at, SHAPE, 'record')).rejects.toBeInstanceOf(SealBroken);
  });

  it('does not open when a byte of it has changed', async () => {
    const { sealer, at } = await sealed();
    const flipped = at.bytes.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    await expect(sealer.open({ ...at, bytes: flipped }, SHAPE, 'record')).rejects.toBeInstanceOf(SealBroken);
    await expect(sealer.open({ ...at, iv: '!' }, SHAPE, 'record')).rejects.toBeInstanceOf(SealBroken);
  });

  it('is sealed anew with the first secret, and then does without the older one', async () => {
    const { at } = await sealed();
    const both = createSealer([NEW, OLD], 'tests');
    expect(both.isCurrent(at)).toBe(false);
    const renewed = await both.reseal(at, SHAPE, 'record');
    expect(both.isCurrent(renewed)).toBe(true);
    await expect(createSealer([NEW], 'tests').open(renewed, SHAPE, 'record')).resolves.toBeDefined();
    await expect(createSealer([OLD], 'tests').open(renewed, SHAPE, 'record')).rejects.toBeInstanceOf(
      SealBroken,
    );
  });
});
