export type Framing = 'octet-counting' | 'lf';

const LF = Buffer.from('\n');

/**
 * Messages end to end as a stream carries them: `MSG-LEN SP MSG` with the length in octets (RFC 6587 section 3.4.1, RFC 5425
 * section 4.3), or each ended by a line feed (RFC 6587 section 3.4.2), which no message of ours contains.
 */
export function frame(messages: readonly Buffer[], framing: Framing): Buffer {
  if (framing === 'lf') return Buffer.concat(messages.flatMap((message) => [message, LF]));
  return Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]));
}
