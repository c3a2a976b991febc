import { Secret } from '../../../../config/secrets.ts';
import { keepit } from '../../../../agent/sources/keepit/keepit.ts';
import type { Checkpoint, Page, SourceParts } from '../../../../agent/sources/source.ts';
import type { AuditRecord } from '../../../../mappings/record.ts';
import type { PlatformSimulator } from '../../../support/platform-simulator.ts';
import { sourceParts } from '../../../support/source-parts.ts';

export type KeepitOptions = Parameters<typeof keepit.open>[0];
export const ACCOUNT = 'aaaaaa-bbbbbb-cccccc';

export const keepitOptions = (platform: PlatformSimulator, more: Partial<KeepitOptions> = {}): KeepitOptions => ({
  url: platform.url,
  accounts: [ACCOUNT],
  login: new Secret(platform.credentials.login),
  password: new Secret(platform.credentials.password),
  schedule: '*/1 * * * *',
  since: '2026-01-01T00:00:00Z',
  lag: 60_000,
  overlap: 600_000,
  page_size: 500,
  recursive: false,
  timeout_ms: 30_000,
  ...more,
});

/** Stores what a source hands over as the agent does: records, what they taught and the checkpoint together, or not at all. */
export class Poller {
  readonly stored: AuditRecord[] = [];
  readonly learned = new Map<string, Uint8Array>();
  checkpoint: Checkpoint = null;
  readonly parts: SourceParts;

  constructor(change: Partial<SourceParts>) {
    this.parts = sourceParts({ ...change, learned: async () => new Map(this.learned) });
  }

  /** One look at the platform; with `killAfter` the agent is killed when it has so many pages, the last one not stored. */
  async poll(options: KeepitOptions, killAfter = Infinity): Promise<void> {
    const source = await keepit.open(options, this.parts);
    let pages = 0;
    for await (const page of source.read(this.checkpoint, new AbortController().signal)) {
      if (++pages > killAfter) return;
      this.#store(page);
    }
  }

  #store(page: Page): void {
    this.stored.push(...page.records);
    for (const [bucket, value] of page.learned ?? []) {
      if (value) this.learned.set(bucket, value);
      else this.learned.delete(bucket);
    }
    this.checkpoint = JSON.parse(JSON.stringify(page.checkpoint)) as Checkpoint;
  }
}
