import ipaddr from 'ipaddr.js';

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** The longest text of an IPv6 address with an IPv4 tail. */
const LENGTH_MAX = 45;

/** The address in its usual form, IPv4 in IPv6 as IPv4; `null` for anything that is not one address. */
export function ipAddress(text: string): string | null {
  if (IPV4.test(text)) return text;
  // The library also reads `1`, `0x7f.1` and zones (`fe80::1%eth0`), which destinations do not take for addresses.
  if (text.length > LENGTH_MAX || !text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  return ipaddr.process(text).toString();
}
