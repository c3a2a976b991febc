/** A message of RFC 5424 section 6, taken apart; throws where it breaks the grammar. */
export interface SyslogMessage {
  readonly priority: number;
  readonly time: string;
  readonly hostname: string;
  readonly appName: string;
  readonly procId: string;
  readonly msgId: string;
  readonly elements: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly message: string;
}

const HEADER =
  /^<(0|[1-9]\d{0,2})>1 (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32}) /;
const NAME = /^[^= \]"\x00-\x20\x7f-\uffff]{1,32}/;

export function parseSyslog(bytes: Buffer): SyslogMessage {
  const text = bytes.toString('utf8');
  const header = HEADER.exec(text);
  if (!header) throw new Error(`not an RFC 5424 header: ${text.slice(0, 120)}`);
  const [, priority, time, hostname, appName, procId, msgId] = header as unknown as string[];
  const elements: Record<string, Record<string, string>> = {};
  let at = header[0].length;
  const expect = (char: string): void => {
    if (text[at] !== char) throw new Error(`expected ${char} at ${at}: ${text.slice(at, at + 40)}`);
    at++;
  };
  const name = (): string => {
    const found = NAME.exec(text.slice(at, at + 33))?.[0];
    if (!found) throw new Error(`expected a name at ${at}`);
    at += found.length;
    return found;
  };
  while (text[at] === '[') {
    at++;
    const id = name();
    if (elements[id]) throw new Error(`element ${id} twice`);
    const params: Record<string, string> = {};
    while (text[at] === ' ') {
      at++;
      const key = name();
      expect('=');
      expect('"');
      let value = '';
      for (; text[at] !== '"'; at++) {
        if (text[at] === undefined || text[at] === ']') throw new Error(`unescaped end in ${key}`);
        if (text[at] === '\\' && /["\\\]]/.test(text[at + 1] ?? '')) at++;
        value += text[at]!;
      }
      at++;
      params[key] = value;
    }
    expect(']');
    elements[id] = params;
  }
  expect(' ');
  return {
    priority: Number(priority),
    time: time!,
    hostname: hostname!,
    appName: appName!,
    procId: procId!,
    msgId: msgId!,
    elements,
    message: text.slice(at),
  };
}
