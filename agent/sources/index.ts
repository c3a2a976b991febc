import { demo } from './demo.ts';
import { file } from './file.ts';
import { keepit } from './keepit/keepit.ts';
import { stdin } from './stdin.ts';

/** Every kind of source that a configuration can name. */
export const sourceKinds = [keepit, file, stdin, demo] as const;
