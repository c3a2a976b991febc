/**
 * The events of the demo source: one entry for each kind of the catalogue, as the platform's audit API describes calls.
 * Message texts are the catalogue's names: real wordings are not published.
 */
export interface DemoEvent {
  readonly code: string;
  readonly acl: string;
  readonly method: 'get' | 'put' | 'post' | 'delete';
  readonly area: string;
  readonly message: string;
  /** The call concerns a connector, so the record names one as its device. */
  readonly connector?: true;
  /** Who does it: a person, somebody who is not signed in, or an outsider with a link. */
  readonly actor?: 'unknown';
  /** The platform records it as failed. */
  readonly failed?: true;
  /** The platform did not permit it. */
  readonly denied?: true;
  /** The record arrives cut off in the middle. */
  readonly broken?: true;
  readonly metadata?: (about: Subject) => Readonly<Record<string, string>>;
}

/** What a record can be about. */
export interface Subject {
  readonly person: string;
  readonly file: string;
  readonly folder: string;
  readonly number: number;
}

type Row = readonly [code: string, acl: string, method: DemoEvent['method'], message: string];

const target = ({ person }: Subject) => ({ target_user: person });
const file = ({ folder, file: name }: Subject) => ({ path: `${folder}/${name}` });
const folder = (about: Subject) => ({ path: about.folder });
const job = (about: Subject) => ({ job_id: `job-${about.number}`, path: about.folder });
const share = (about: Subject) => ({ share_id: `share-${about.number}`, path: about.folder });
const changed = (oldValue: string, newValue: string) => () => ({ old_value: oldValue, new_value: newValue });

function events(area: string, rows: readonly Row[], more: Readonly<Record<string, Partial<DemoEvent>>> = {}) {
  return rows.map(([code, acl, method, message]): DemoEvent => ({ code, acl, method, area, message, ...more[code] }));
}

const user = events(
  'User events',
  [
    ['1001', 'Token', 'post', 'User signed in'],
    ['1002', 'Token', 'post', 'API token created'],
    ['1003', 'Token', 'post', 'Secondary token created'],
    ['1011', 'Token', 'delete', 'User signed out'],
    ['1012', 'Token', 'delete', 'API token deleted'],
    ['1013', 'Token', 'delete', 'Secondary token deleted'],
    ['1021', 'Token', 'delete', 'User signed out everywhere'],
    ['1031', 'Token', 'post', 'Failed sign-in attempt'],
    ['1032', 'Token', 'get', 'Failed authentication attempt'],
    ['1041', 'User', 'post', 'User created'],
    ['1042', 'User', 'delete', 'User deleted'],
    ['1051', 'User', 'put', 'Username changed'],
    ['1052', 'User', 'put', 'User email changed'],
    ['1053', 'User', 'put', 'User role changed'],
    ['1054', 'User', 'put', 'User password changed'],
    ['1055', 'User', 'put', 'User expiration date changed'],
    ['9010', 'User', 'put', 'User information edited'],
  ],
  {
    '1002': { metadata: ({ number }) => ({ token_name: `siem-export-${number}` }) },
    '1012': { metadata: ({ number }) => ({ token_name: `siem-export-${number}` }) },
    '1031': { failed: true },
    '1032': { failed: true, actor: 'unknown' },
    '1041': { metadata: target },
    '1042': { metadata: target },
    '1051': { metadata: (s) => ({ ...target(s), old_value: s.person, new_value: `new.${s.person}` }) },
    '1052': { metadata: (s) => ({ ...target(s), old_value: s.person, new_value: `new.${s.person}` }) },
    '1053': { metadata: (s) => ({ ...target(s), old_value: 'Audit', new_value: 'Master Admin' }) },
    '1054': { metadata: target },
    '1055': { metadata: (s) => ({ ...target(s), old_value: '2026-06-30', new_value: '2026-12-31' }) },
  },
);

const account = events(
  'Account events',
  [
    ['2001', 'Account', 'put', 'Company name changed'],
    ['2002', 'Account', 'put', 'Account language changed'],
    ['2003', 'Account', 'put', 'Contact email changed'],
    ['2004', 'Account', 'post', 'Terms of Service accepted'],
  ],
  {
    '2001': { metadata: changed('Example Ltd', 'Example Group Ltd') },
    '2002': { metadata: changed('en', 'da') },
    '2003': { metadata: changed('it@example.com', 'security@example.com') },
  },
);

const connector = events(
  'Connector events',
  [
    ['3001', 'Device', 'post', 'Connector created'],
    ['3002', 'Device', 'put', 'Connector name changed'],
    ['3003', 'Device', 'put', 'Backup configuration updated'],
    ['3004', 'Device', 'put', 'Snapshot retention changed'],
    ['3005', 'Device', 'put', 'Number of API requests changed'],
    ['3006', 'Device', 'put', 'Connector geo location changed'],
    ['3007', 'Device', 'delete', 'Connector deleted'],
    ['3008', 'Device', 'put', 'Connector revived'],
    ['3009', 'DeviceAccess', 'post', 'User added to connector access list'],
    ['3010', 'DeviceAccess', 'delete', 'User removed from connector access list'],
    ['3011', 'Report', 'post', 'Compliance report generated'],
    ['3012', 'Report', 'get', 'Compliance report downloaded'],
    ['3013', 'Job', 'post', 'Backup scheduled'],
    ['9011', 'Device', 'put', 'Connector updated'],
  ],
  {
    '3002': { metadata: changed('Mail', 'Exchange Online') },
    '3004': { metadata: changed('P90D', 'P365D') },
    '3005': { metadata: changed('5000', '10000') },
    '3006': { metadata: changed('dk-co', 'de-fr') },
    '3009': { metadata: target },
    '3010': { metadata: target },
    '3013': { metadata: job },
  },
).map((event): DemoEvent => ({ ...event, connector: true }));

const recovery = events(
  'Backup/Restore',
  [
    ['4001', 'Job', 'post', 'Restore scheduled'],
    ['4002', 'Job', 'post', 'Import scheduled'],
    ['4003', 'Job', 'post', 'Item restore scheduled'],
    ['4011', 'Share', 'post', 'Shared link created'],
    ['4012', 'Share', 'delete', 'Shared link deleted'],
    ['4013', 'Share', 'put', 'Password added to shared link'],
    ['4021', 'Snapshot', 'get', 'File downloaded'],
    ['4022', 'Snapshot', 'get', 'Folder downloaded as .zip file'],
    ['4023', 'Snapshot', 'get', 'Folder downloaded as .pst file'],
    ['4031', 'Snapshot', 'get', 'File previewed'],
    ['4032', 'Dashboard', 'get', 'Connector dashboard viewed'],
    ['4033', 'Snapshot', 'get', 'Data browsed'],
    ['4034', 'Share', 'get', 'Shared folder browsed by outside user'],
    ['9012', 'Share', 'put', 'Shared link updated'],
  ],
  {
    '4001': { metadata: job },
    '4002': { metadata: job },
    '4003': { metadata: (s) => ({ job_id: `job-${s.number}`, ...file(s) }) },
    '4011': { metadata: share },
    '4012': { metadata: share },
    '4013': { metadata: share },
    '4021': { metadata: file },
    '4022': { metadata: folder },
    '4023': { metadata: folder },
    '4031': { metadata: file },
    '4033': { metadata: folder },
    '4034': { metadata: share, actor: 'unknown' },
    '9012': { metadata: share },
  },
).map((event): DemoEvent => ({ ...event, connector: true }));

const security = events('Security events', [
  ['5001', 'Sso', 'post', 'SSO configuration created'],
  ['5002', 'Sso', 'put', 'SSO configuration edited'],
  ['5003', 'Sso', 'delete', 'SSO configuration deleted'],
  ['5004', 'Sso', 'put', 'SSO configuration enabled'],
  ['5005', 'Sso', 'put', 'SSO configuration disabled'],
  ['5011', 'Mfa', 'post', 'MFA enabled'],
  ['5012', 'Mfa', 'put', 'MFA updated'],
  ['5013', 'Mfa', 'delete', 'MFA disabled'],
  ['5021', 'SiemIntegration', 'post', 'SIEM integration added'],
  ['5022', 'SiemIntegration', 'delete', 'SIEM integration deleted'],
  ['9013', 'SiemIntegration', 'put', 'SIEM integration changed'],
]);

const compliance = events(
  'Compliance events',
  [
    ['6001', 'RtbfLabel', 'post', 'RTBF label assigned'],
    ['6002', 'RtbfLabel', 'delete', 'RTBF label removed'],
  ],
  {
    '6001': { metadata: (s) => ({ subject: s.person, ...file(s) }) },
    '6002': { metadata: (s) => ({ subject: s.person, ...file(s) }) },
  },
).map((event): DemoEvent => ({ ...event, connector: true }));

const others: readonly DemoEvent[] = [
  { code: '9000', acl: 'Fleet', method: 'put', area: 'Miscellaneous', message: 'Fleet beacon recalibrated' },
  { code: '9001', acl: 'Vault', method: 'get', area: 'Miscellaneous', message: 'Vault probe refused', denied: true },
  { code: '9002', acl: 'Account', method: 'post', area: 'Subaccount events', message: 'Delegation recorded' },
  { code: '9090', acl: 'Fleet', method: 'put', area: 'Miscellaneous', message: 'Cut off on its way', broken: true },
];

/** What happens all day, more often than the rest. */
export const commonCodes: readonly string[] = ['1001', '1011', '1031', '4021', '4031', '4032', '4033', '4001'];

export const demoEvents: readonly DemoEvent[] = [
  ...user,
  ...account,
  ...connector,
  ...recovery,
  ...security,
  ...compliance,
  ...others,
];

export const people = [
  'jane@example.com',
  'omar@example.com',
  'li.wei@example.com',
  'sofia@example.org',
  'anders@example.org',
  'priya@example.net',
] as const;

/** RFC 5737 and RFC 3849: addresses that belong to nobody. */
export const addresses = [
  '192.0.2.17',
  '192.0.2.211',
  '198.51.100.8',
  '203.0.113.7',
  '203.0.113.99',
  '2001:db8::1f',
] as const;

export const connectors = [
  'c0nn01-exchng-000001',
  'c0nn02-shrpnt-000002',
  'c0nn03-gsuite-000003',
  'c0nn04-sforce-000004',
] as const;

export const folders = [
  '/Finance/2026',
  '/HR/Contracts',
  '/Mailboxes/jane',
  '/Sites/Intranet',
  '/Projects/Møde',
] as const;
export const files = ['budget.xlsx', 'contract.docx', 'inbox.pst', 'minutes.pdf', 'salaries.csv'] as const;
