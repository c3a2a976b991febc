import { elasticsearch } from './elasticsearch.ts';
import { file } from './file.ts';

/** Every kind of destination that a configuration can name. */
export const forwarderKinds = [elasticsearch, file] as const;
