import { describe, expect, it } from 'vitest';
import { addressBlock } from '../../../src/rate-limit/address-block.ts';

describe('addressBlock', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::a:b:c:d:e', '2001:db8:0:a::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
  ])('%s belongs to %s', (address, block) => expect(addressBlock(address)).toBe(block));

  it.each([':::', '1:2:3:4:5:6:7:8:9', ':', '1::2::3', 'a'])('%j is bounded, whatever it is', (address) => {
    expect(addressBlock(address).length).toBeLessThan(50);
  });
});
