import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { editorSchema } from '../config/editor-schema.ts';
import { referencePage } from '../config/reference.ts';
import { configSchema } from './options.ts';

const INTRODUCTION = `Generated from the schemas beside the code (\`npm run generate\`); do not edit.

A configuration is one YAML 1.2 file, or a folder of them (\`--config ./conf.d\`) that are put together in the order of their
names. Unknown keys are errors. \`\${NAME}\` and \`\${NAME:-default}\` put in an environment variable anywhere, after the YAML was
parsed; \`\${file:/path}\` puts in a file, in secrets only; \`$$\` is a dollar sign. Types beyond YAML's own: *size* (\`512KiB\`,
\`256MiB\`), *duration* (\`30s\`, \`5m\`, \`400d\`), *path* (taken from the configuration's folder, like that of a secret's file),
*position* (\`now\`, \`oldest\`, or a time), *secret* (never printed).`;

/** What is generated, by its path in the project. */
export const generated = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/reference/configuration.md', referencePage('Configuration', INTRODUCTION, configSchema)],
    ['config/schema.json', `${JSON.stringify(editorSchema(configSchema), null, 2)}\n`],
  ]);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(new URL('../docs/reference/', import.meta.url), { recursive: true });
  for (const [path, text] of generated()) writeFileSync(new URL(`../${path}`, import.meta.url), text);
}
