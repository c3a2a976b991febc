import { elasticsearch } from './elasticsearch.ts';

/** Every kind of destination that a configuration can name. */
export const forwarderKinds = [elasticsearch] as const;
