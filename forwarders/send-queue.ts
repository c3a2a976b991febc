import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';
import ipaddr from 'ipaddr.js';

const isLittleEndian = endianness() === 'LE';

/**
 * Octets of a connection that the peer's kernel has not acknowledged, sent or not: `tx_queue` in Linux's TCP table (proc(5),
 * /proc/net/tcp). Null where the table does not list the connection, because it is gone or the system has no such table.
 */
export async function sendQueue(socket: Socket): Promise<number | null> {
  const { localAddress, localPort, remoteAddress, remotePort, remoteFamily } = socket;
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return null;
  const table = await readFile(remoteFamily === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp', 'latin1').catch(() => '');
  const ends = ` ${tableAddress(localAddress, localPort)} ${tableAddress(remoteAddress, remotePort)} `;
  const at = table.indexOf(ends);
  if (at === -1) return null;
  const queue = /^[0-9A-F]{2} ([0-9A-F]{8}):/.exec(table.slice(at + ends.length, at + ends.length + 12))?.[1];
  return queue === undefined ? null : parseInt(queue, 16);
}

/** As the table prints it: the address in words of 32 bits in the machine's own byte order, the port as a number, in hex. */
function tableAddress(address: string, port: number): string {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
  return `${(isLittleEndian ? bytes.swap32() : bytes).toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}
