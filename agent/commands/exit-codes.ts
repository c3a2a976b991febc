/** What every command ends with. */
export const exitCodes = {
  done: 0,
  /** It found something wrong: an event set aside, a difference, a backlog. */
  wrong: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** The store can no longer be trusted; a restart recovers. */
  storage: 74,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
