export type Outcome = 'success' | 'failure' | 'unknown';

/**
 * How a row finds its outcome: `O1` from the record's flags or its status word, `O2` always failure, `O3` as `O1`, where
 * success only says that a request was accepted, `none` for events that have none.
 */
export type OutcomeRule = 'O1' | 'O2' | 'O3' | 'none';

/** Words for an outcome, in small letters. */
export type StatusWords = ReadonlyMap<string, Outcome>;

const SUCCESS = ['succeeded', 'success', 'successful', 'ok'];
const FAILURE = ['failed', 'failure', 'denied', 'error'];

/** The words every source may use, and a pack's own. */
export const statusWords = (success: readonly string[] = [], failure: readonly string[] = []): StatusWords =>
  new Map([
    ...[...SUCCESS, ...success].map((word) => [word.toLowerCase(), 'success'] as const),
    ...[...FAILURE, ...failure].map((word) => [word.toLowerCase(), 'failure'] as const),
  ]);

/** `allowed` and `succeeded` as the record has them (`true`, `false`, or anything else for unreadable), `status` a word. */
export function outcomeOf(allowed: string, succeeded: string, status: string, words: StatusWords): Outcome {
  if (isFalse(allowed) || isFalse(succeeded)) return 'failure';
  if (isTrue(succeeded)) return 'success';
  return status === '' ? 'unknown' : (words.get(status.trim().toLowerCase()) ?? 'unknown');
}

export const isFalse = (flag: string): boolean => flag === 'false' || flag.trim().toLowerCase() === 'false';
const isTrue = (flag: string): boolean => flag === 'true' || flag.trim().toLowerCase() === 'true';
