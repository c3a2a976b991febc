import { hash } from 'node:crypto';

const VERSION = 'v1';
const DIGITS = 32;

/** An event's id: the same record of the same source has the same id for ever, on whatever machine (promise P4). */
export const eventId = (sourceId: string, nativeId: string): string =>
  hash('sha256', `${VERSION}\0${sourceId}\0${nativeId}`, 'hex').slice(0, DIGITS);
