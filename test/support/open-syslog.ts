import type { Forwarder, ForwarderParts } from '../../forwarders/forwarder.ts';
import { syslog } from '../../forwarders/syslog.ts';
import { forwarderParts } from './batches.ts';
import { hurriedClock } from './hurried-clock.ts';

export type SyslogGiven = Parameters<typeof syslog.open>[0];

/** A syslog forwarder with its defaults. */
export const openSyslog = (
  address: string,
  change: Partial<SyslogGiven> = {},
  parts: ForwarderParts = forwarderParts(),
): Promise<Forwarder> =>
  syslog.open(
    {
      address,
      protocol: 'rfc5424',
      payload: 'json',
      enterprise_number: 32473,
      facility: 13,
      app_name: 'keepit-audit',
      framing: 'octet-counting',
      bom: false,
      timeout_ms: 5_000,
      ...change,
    },
    { ...parts, clock: hurriedClock },
  );
