import { elasticsearch } from './elasticsearch.ts';
import { file } from './file.ts';
import { splunkHec } from './splunk-hec.ts';
import { syslog } from './syslog.ts';

/** Every kind of destination that a configuration can name. */
export const forwarderKinds = [elasticsearch, splunkHec, syslog, file] as const;
