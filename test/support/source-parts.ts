import type { SourceParts } from '../../agent/sources/source.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryLog } from './memory-log.ts';

/** What a source is opened with, where a test does not care. */
export const sourceParts = (change: Partial<SourceParts> = {}): SourceParts => ({
  name: 'source',
  clock: new FakeClock(),
  log: new MemoryLog(),
  once: true,
  learned: async () => new Map(),
  emit: () => undefined,
  ...change,
});
