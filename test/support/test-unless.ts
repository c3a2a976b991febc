import { test } from '@jest/globals';

/** `test`, or, with a reason why it cannot run here, a skipped one that says so; in CI that is a failure. */
export function testUnless(why: string | false): typeof test | typeof test.skip {
  if (why === false) return test;
  if (process.env['CI']) throw new Error(why);
  process.stderr.write(`skipped: ${why}\n`);
  return test.skip;
}
