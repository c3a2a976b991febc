import type { Log } from '../../forwarders/forwarder.ts';

/** A log that is kept, so that a test can read what an operator would. */
export class MemoryLog implements Log {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[] = [];

  info(message: string, fields: object = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: object = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields: object = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }

  messages(): readonly string[] {
    return this.lines.map(({ message }) => message);
  }
}
