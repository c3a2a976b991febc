import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;

/** A certificate for one name that is its own authority, with its key, both PEM; expired where `days` is negative. */
export const certificate = (name: string, days = 2): ReturnType<typeof generate> =>
  generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    notBeforeDate: new Date(Date.now() - 10 * DAY_MS),
    notAfterDate: new Date(Date.now() + days * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  });
