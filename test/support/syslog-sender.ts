import type { Sender } from '../../forwarders/rfc5424.ts';

export const sender: Sender = {
  facility: 13,
  hostname: 'relay.example',
  appName: 'keepit-audit',
  procId: '42',
  enterpriseNumber: 32473,
  software: 'audit-relay',
  version: '0.1.0',
};
