import { describe, expect, test } from '@jest/globals';
import { found, headOf, sampleNames } from './sample-events.ts';

/** The sample events that a query finds, by name; `all` and `none` for those. */
function finds(text: string): string {
  const names = found(text);
  return names.length === 0 ? 'none' : names.length === sampleNames.length ? 'all' : names.join(' ');
}

describe('bare words', () => {
  test.each([
    ['', 'all'],
    ['*', 'all'],
    ['jane', 'signIn created'],
    ['JANE', 'signIn created'],
    ['jane created', 'created'],
    ['jane and created', 'created'],
    ['jane or folder', 'signIn created folder'],
    ['not (jane or folder)', 'refused download strange gap broken'],
    ['"a folder as"', 'folder'],
    ['as*folder', 'none'],
    ['folder*zip', 'folder'],
    ['"folder*zip"', 'none'],
    // What the event says, the catalogue's name of it, the words of its status, the start of its address.
    ['sign', 'signIn refused'],
    ['"folder downloaded"', 'folder'],
    ['failed', 'refused folder'],
    ['10.1.', 'signIn created'],
    ['10.0.0.0/8', 'signIn created'],
    ['recovery sales', 'download'],
    ['"example ltd"', 'signIn refused created download folder strange'],
    // Case is ignored in every script; a sigma is one letter.
    ['οδος', 'strange'],
    ['οδοσ', 'strange'],
    ['\\"new\\"', 'strange'],
    ['what?', 'none'],
  ])('%j finds %s', (text, names) => {
    expect(finds(text)).toBe(names);
  });

  test('are not looked for in ids, whose digits would match by chance, but a whole id is', () => {
    const { id } = headOf('created');
    expect(finds(id)).toBe('created');
    expect(finds(id.toUpperCase())).toBe('created');
    expect(finds(id.slice(0, 31))).toBe('none');
    expect(finds(`id:${id.slice(0, 8)}*`)).toBe('created');
  });

  test('are not looked for in the names that we give every event', () => {
    expect(finds('exported')).toBe('gap');
    expect(finds('source:exported')).toBe('all');
    expect(finds('keepit.audit')).toBe('none');
    expect(finds('dataset:keepit.audit')).toBe('signIn refused created download folder strange broken');
  });
});

describe('fields', () => {
  test.each([
    // A keyword is the whole text, a message a part of it.
    ['user:jane@example.com', 'signIn created'],
    ['USER:Jane@Example.com', 'signIn created'],
    ['user:jane', 'none'],
    ['user:j*', 'signIn refused created'],
    ['user:*@example.com', 'signIn refused created'],
    ['user:(jane@example.com or backup-robot)', 'signIn created download'],
    ['user:(j* and not jane*)', 'refused'],
    ['user:*', 'signIn refused created download folder'],
    ['not user:*', 'strange gap broken'],
    ['user:CORP\\eve', 'folder'],
    ['user:"corp\\eve"', 'folder'],
    ['user.name:jane@example.com', 'signIn created'],
    ['area:recovery', 'download folder'],
    ['message:"downloads a"', 'download folder'],
    ['message:down*zip', 'folder'],
    ['message:*', 'all'],
    ['event:download', 'download folder'],
    ['event:file-', 'download'],
    ['event:"folder downloaded as"', 'folder'],
    ['event:*', 'all'],
    ['action:(file-download or folder-download-*)', 'download folder'],
    ['event.action:file', 'none'],
    ['code:1041', 'created'],
    ['event.code:40*', 'download folder'],
    ['dataset:audit_relay.audit', 'gap'],
    ['target:new@example.com', 'created'],
    ['connector:"mail of sales"', 'download'],
    ['organization:"Example Ltd" area:user', 'signIn refused created'],
    // The page's words and those of ECS; what nothing says is unknown.
    ['status:succeeded', 'signIn created download'],
    ['status:Success', 'signIn created download'],
    ['status:fail*', 'refused folder'],
    ['status:unknown', 'strange gap broken'],
    ['not status:unknown', 'signIn refused created download folder'],
    ['status:*', 'all'],
    ['outcome:unknown', 'strange'],
    ['event.outcome:*', 'signIn refused created download folder strange'],
    ['severity:4', 'refused folder gap broken'],
    ['severity:(warning or informational)', 'signIn refused folder gap broken'],
    ['severity < 5', 'refused folder gap broken'],
    ['severity > 5', 'signIn'],
    ['severity >= 5 severity <= 5', 'created download strange'],
    ['event.severity:*', 'all'],
  ])('%j finds %s', (text, names) => {
    expect(finds(text)).toBe(names);
  });
});

describe('addresses', () => {
  test.each([
    ['ip:10.1.2.3', 'signIn'],
    ['ip:::ffff:10.1.2.3', 'signIn'],
    ['ip:10.0.0.0/8', 'signIn created'],
    ['ip:10.1.2.4/31', 'created'],
    ['ip:10.9.9.9/8', 'signIn created'],
    ['ip:0.0.0.0/0', 'signIn refused created folder'],
    ['ip:192.0.2.0/24', 'refused'],
    ['ip:2001:DB8::/32', 'download'],
    ['ip:2001:db8:0:0::7', 'download'],
    ['ip:::/0', 'download'],
    ['ip:::ffff:10.1.2.0/126', 'signIn'],
    ['ip:(10.1.2.3 or 192.0.2.0/24)', 'signIn refused'],
    ['ip:10.1.*', 'signIn created'],
    ['ip >= 10.1.2.4', 'refused created folder'],
    ['ip < 10.1.2.4', 'signIn'],
    ['ip > 10.1.2.3 and ip <= 192.0.2.7', 'refused created'],
    ['source.ip >= 2001:db8::', 'download'],
    ['related.ip:10.1.2.0/30', 'signIn'],
    ['related.ip > 10.1.2.3', 'refused created folder'],
    ['not ip:*', 'strange gap broken'],
  ])('%j finds %s', (text, names) => {
    expect(finds(text)).toBe(names);
  });
});

describe('times, in Copenhagen on 5 March 2026 at noon', () => {
  test.each([
    ['time:2026-03-05', 'signIn created gap'],
    ['time:today', 'signIn created gap'],
    ['time:yesterday', 'refused'],
    ['time:2026-03-01', 'download folder'],
    ['time:2026-03-01Z', 'download'],
    ['time:2026-02', 'none'],
    ['time:2026-03', 'signIn refused created download folder gap'],
    ['time:"2026-03-01 10:00"', 'download'],
    ['time:2026-03-01T09:00Z', 'download'],
    ['time >= yesterday', 'signIn refused created gap'],
    ['time > yesterday', 'signIn created gap'],
    ['time < yesterday', 'download folder strange broken'],
    ['time <= yesterday', 'refused download folder strange broken'],
    ['time >= 2026-03-01 and time < 2026-03-02', 'download folder'],
    ['time >= -1h', 'signIn gap'],
    ['time >= now-36h time <= now', 'signIn refused created gap'],
    ['time > now', 'none'],
    ['time:(2025-12-31 or 2026-03-01)', 'download folder strange'],
    ['@timestamp:2025-12-31', 'strange'],
    ['time:*', 'all'],
    ['time >= 2026-03-02 time < 2026-03-01', 'none'],
    ['event.created:2026-01-02', 'all'],
    ['event.created < 2026-01-02', 'none'],
  ])('%j finds %s', (text, names) => {
    expect(finds(text)).toBe(names);
  });
});

describe('fields that only the document has', () => {
  test.each([
    ['user.email:jane@example.com', 'signIn created'],
    ['user.target.email:new@example.com', 'created'],
    ['related.user:(jane@example.com and new@example.com)', 'created'],
    ['event.kind:alert', 'gap'],
    ['event.category:file', 'download folder'],
    ['event.type:(user and creation)', 'created'],
    ['tags:prod', 'all'],
    ['user_agent.original:curl*', 'signIn'],
    ['file.path:C:\\share\\hr', 'download'],
    ['file.size:52428800', 'download'],
    ['file.size >= 50MiB', 'download'],
    ['file.size > 50MiB', 'none'],
    ['file.size:*', 'download'],
    ['keepit.connector.id:"mail of sales"', 'download'],
    ['keepit.audit.metadata.file_name:*payroll*', 'download'],
    ['keepit.audit.metadata:*payroll*', 'download'],
    ['audit_relay.details.source:exported', 'gap'],
    ['error.message:json', 'broken'],
    ['event.original:*', 'broken'],
    ['organization.name:"example ltd"', 'signIn refused created download folder strange'],
  ])('%j finds %s', (text, names) => {
    expect(finds(text)).toBe(names);
  });

  test('may be anything, or missing', () => {
    expect(finds('http.response.status_code:200')).toBe('none');
    expect(finds('not http.response.status_code:200')).toBe('all');
    expect(finds('keepit.audit.metadata.__proto__:x')).toBe('none');
    expect(finds('labels.constructor:*')).toBe('none');
  });
});
