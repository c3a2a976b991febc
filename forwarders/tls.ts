import { readFileSync } from 'node:fs';
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls';
import type { ObjectSchema, Options } from '../config/schema.ts';

/** The `tls:` options, the same for every kind of destination. */
export const tlsOptions = {
  type: 'object',
  description: 'TLS. Certificates are always checked, against the system’s authorities or `ca`.',
  properties: {
    ca: {
      type: 'string',
      format: 'path',
      description: 'Certificates of the authorities to trust, PEM, instead of the system’s.',
    },
    cert: {
      type: 'string',
      format: 'path',
      description: 'Our own certificate, PEM, where the destination asks for one.',
    },
    key: { type: 'string', format: 'path', description: 'The key of `cert`, PEM.' },
    fingerprint: {
      type: 'string',
      pattern: '^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$',
      description: 'SHA-256 fingerprint that the destination’s certificate must have, as openssl prints it.',
    },
    server_name: { type: 'string', description: 'The name its certificate must be for, where it is not the address.' },
  },
} as const satisfies ObjectSchema;

type TlsOptions = Options<typeof tlsOptions>;

/** What a TLS connection is made with. */
export type TlsConnection = Pick<
  ConnectionOptions,
  'minVersion' | 'rejectUnauthorized' | 'ca' | 'cert' | 'key' | 'servername' | 'checkServerIdentity'
>;

/** Options for `tls.connect`; throws where a file cannot be read. TLS 1.2 or later, certificates checked. */
export function connectionOptions(options: TlsOptions = {}): TlsConnection {
  const { fingerprint, server_name: serverName } = options;
  const read = (name: 'ca' | 'cert' | 'key'): Record<string, Buffer> => {
    const path = options[name];
    if (path === undefined) return {};
    try {
      return { [name]: readFileSync(path) };
    } catch (error) {
      throw new Error(`tls.${name}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, {
        cause: error,
      });
    }
  };
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...read('ca'),
    ...read('cert'),
    ...read('key'),
    ...(serverName !== undefined && { servername: serverName }),
    checkServerIdentity: (host, certificate) =>
      checkServerIdentity(serverName ?? host, certificate) ?? checkFingerprint(fingerprint, certificate),
  };
}

function checkFingerprint(wanted: string | undefined, { fingerprint256 }: PeerCertificate): Error | undefined {
  if (wanted === undefined || wanted.toUpperCase() === fingerprint256) return undefined;
  return new Error(
    `the certificate has fingerprint ${fingerprint256} and tls.fingerprint says ${wanted.toUpperCase()}`,
  );
}

/** Errors that trying again cannot mend: certificates and protocol, by Node's and OpenSSL's codes. */
export const isCertificateError = (code: string): boolean =>
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/.test(
    code,
  );
