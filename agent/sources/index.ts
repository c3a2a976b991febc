import { demo } from './demo.ts';
import { file } from './file.ts';
import { stdin } from './stdin.ts';

/** Every kind of source that a configuration can name. */
export const sourceKinds = [file, stdin, demo] as const;
