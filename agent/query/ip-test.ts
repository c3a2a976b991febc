import ipaddr from 'ipaddr.js';
import { ipAddress } from '../../mappings/ip.ts';
import type { TextTest } from './condition.ts';
import type { Operator } from './syntax.ts';

/** Addresses of one family from the lowest to the highest, both inclusive, as numbers. */
interface Addresses {
  readonly bits: 32 | 128;
  readonly from: bigint;
  readonly to: bigint;
}

/** The addresses that a text names: one, or a network (`10.0.0.0/8`); null where it is neither. */
export function networkTest(text: string): TextTest | null {
  const one = ipAddress(text);
  if (one !== null) return { equals: one, passes: (folded) => folded === one };
  const network = networkOf(text);
  return network && { ...between(network), ...containsOf(text, network) };
}

/** Addresses of the same family on that side of this one; null where the text is no address. */
export function compareTest(text: string, operator: Operator): TextTest | null {
  const one = ipAddress(text);
  const address = one === null ? null : numberOf(one);
  if (!address) return null;
  const { bits, from: at } = address;
  const highest = (1n << BigInt(bits)) - 1n;
  switch (operator) {
    case '<':
      return between({ bits, from: 0n, to: at - 1n });
    case '<=':
      return between({ bits, from: 0n, to: at });
    case '>':
      return between({ bits, from: at + 1n, to: highest });
    case '>=':
      return between({ bits, from: at, to: highest });
  }
}

const between = ({ bits, from, to }: Addresses): TextTest => ({
  passes: (folded) => {
    const address = numberOf(folded);
    return address?.bits === bits && address.from >= from && address.from <= to;
  },
});

/** Columns hold addresses in their usual form; any other text is none. */
function numberOf(text: string): Addresses | null {
  if (ipAddress(text) !== text) return null;
  const bytes = ipaddr.parse(text).toByteArray();
  const at = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return { bits: bytes.length === 4 ? 32 : 128, from: at, to: at };
}

function networkOf(text: string): Addresses | null {
  const [, base, digits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const one = base === undefined ? null : ipAddress(base);
  const address = one === null ? null : numberOf(one);
  if (!address) return null;
  // An IPv4 address in IPv6 became IPv4; its network keeps the bits that are left.
  const wasMapped = address.bits === 32 && base!.includes(':');
  const prefix = Number(digits) - (wasMapped ? 96 : 0);
  if (prefix < 0 || prefix > address.bits) return null;
  const rest = BigInt(address.bits - prefix);
  const from = (address.from >> rest) << rest;
  return { bits: address.bits, from, to: from + (1n << rest) - 1n };
}

/** What all addresses of an IPv4 network of whole bytes have in their texts. */
function containsOf(text: string, { bits }: Addresses): { readonly contains?: string } {
  const bytes = Math.floor(Number(text.split('/')[1]) / 8);
  const isPlain = bits === 32 && !text.includes(':');
  return isPlain && bytes >= 1 && bytes <= 3 ? { contains: `${text.split('.', bytes).join('.')}.` } : {};
}
