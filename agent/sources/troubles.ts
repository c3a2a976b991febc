import type { Log } from '../../forwarders/forwarder.ts';

/** What to do about a file that cannot be read, by the error's code. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'let the user the agent runs as read the file and enter its folder',
  EPERM: 'let the user the agent runs as read the file',
  EMFILE: 'raise the limit of open files (ulimit -n, LimitNOFILE=)',
  ENFILE: "raise the system's limit of open files (fs.file-max)",
  EIO: 'check the disk; the system log says more',
  ELOOP: 'the symbolic link leads back to itself: mend or remove it',
  EISDIR: 'name files, for example with /*.ndjson behind the folder',
  ENOTFILE: 'name files, for example with /*.ndjson behind the folder',
  Z_DATA_ERROR: 'the compressed file is damaged: put an intact copy in its place',
  Z_BUF_ERROR: 'the compressed file is not complete; it is read on when it grows',
};

/** Files that cannot be read now: each is logged when it begins and when it ends, and tried again with every look. */
export class FileTroubles {
  readonly #codes = new Map<string, string>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** How many files cannot be read now. */
  get count(): number {
    return this.#codes.size;
  }

  failed(path: string, error: unknown): void {
    const { code = 'unknown', message } = error as NodeJS.ErrnoException;
    if (this.#codes.get(path) === code) return;
    this.#codes.set(path, code);
    this.#log.warn('a file cannot be read; the others go on, and it is tried again', {
      path,
      code,
      reason: message,
      advice: ADVICE[code] ?? 'see the reason',
    });
  }

  fine(path: string): void {
    if (this.#codes.delete(path)) this.#log.info('a file can be read again', { path });
  }
}
