import type { OutcomeRule } from './outcome.ts';

/** What every audit log has, whatever a source calls it. */
export const roles = [
  'id', 'time', 'user', 'ip', 'area', 'message', 'status', 'allowed', 'succeeded', 'acl', 'method', 'connector',
  'organization_id', 'organization_name', 'code', 'metadata',
] as const; // prettier-ignore
export type Role = (typeof roles)[number];

/** A number for each outcome; one alone stands for both. */
export interface ByOutcome {
  readonly success?: number;
  readonly failure?: number;
}

/** Class and activity of the Open Cybersecurity Schema Framework, version 1.8, and of 1.9 where that differs. */
interface OcsfClass {
  readonly class: number;
  readonly activity: number;
}

/** One kind of event, as it stands in the file. */
export interface RowDefinition {
  readonly code: string;
  readonly action: string;
  /** A short title, the CEF name. */
  readonly name: string;
  readonly area: string;
  readonly kind?: 'event' | 'alert' | 'pipeline_error';
  readonly category?: readonly string[];
  readonly type?: readonly string[];
  /** Instead of `type`, where the record names the user who was changed. */
  readonly type_with_target?: readonly string[];
  readonly outcome: OutcomeRule;
  /** Syslog severity, 0 to 7. */
  readonly severity: ByOutcome;
  /** CEF severity, 0 to 10. */
  readonly cef?: ByOutcome;
  /** Splunk's Common Information Model. */
  readonly cim?: { readonly model: string; readonly action: string; readonly object_category?: string };
  readonly ocsf?: OcsfClass & { readonly status?: string; readonly '1.9'?: OcsfClass };
  readonly tags?: readonly string[];
  /** Texts that are this row and nothing else. */
  readonly wordings?: readonly string[];
  readonly exact?: readonly { readonly acl: string; readonly method: string; readonly message: string }[];
  /** Words that must all be in the message (`recognise.ts`). */
  readonly match?: readonly string[];
  /** Rows with a lower rank are asked first. */
  readonly rank?: number;
  readonly constants?: Readonly<Record<string, string>>;
  /** Field of the event -> what `metadata.keys` calls its value. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Names in `metadata.keys` whose values stay in the record, beside the pack's own `metadata.secret`. */
  readonly secret?: readonly string[];
  /** `user.target` is filled only where it is not the user who did it. */
  readonly target_if_other?: boolean;
  /** Further users the event is about, by the names in `metadata.keys`. */
  readonly related_user?: readonly string[];
  /** The rows a failure becomes: one where the message tells the kind, another where only an exact rule did. */
  readonly on_failure?: { readonly recognised: string; readonly otherwise: string };
}

/** A record and the part of its event that matters. */
export interface Example {
  readonly record: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

/** A mapping pack as it stands in its file; `docs/mapping.md` explains each key. */
export interface PackDefinition {
  readonly name: string;
  readonly module: string;
  readonly dataset: string;
  readonly read: Readonly<Partial<Record<Role, readonly string[]>>>;
  readonly provider?: string;
  readonly provider_from_area?: boolean;
  /** Where the name of an API token goes: a user that is no e-mail address is then one. */
  readonly token_name?: string;
  readonly connector_id?: string;
  readonly status_words?: { readonly success?: readonly string[]; readonly failure?: readonly string[] };
  readonly copy?: Readonly<Record<string, string>>;
  readonly constants?: Readonly<Record<string, string>>;
  readonly unknown_fields?: string;
  readonly metadata?: {
    readonly into: string;
    readonly secret?: readonly string[];
    readonly keys?: Readonly<Record<string, readonly string[]>>;
  };
  readonly areas?: Readonly<Record<string, string>>;
  readonly defaults?: {
    readonly unknown?: string;
    readonly denied?: string;
    readonly error?: string;
    readonly areas?: Readonly<Record<string, string>>;
  };
  readonly events: readonly RowDefinition[];
  readonly examples?: readonly Example[];
}

const text = { type: 'string', minLength: 1 } as const;
const texts = { type: 'array', items: text } as const;
const textMap = { type: 'object', additionalProperties: text } as const;
const code = { type: 'string', pattern: '^[0-9A-Za-z._-]{1,32}$' } as const;
const slug = { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 32 } as const;
/** A dotted field name; no part of it begins with an underscore. */
const path = { type: 'string', pattern: '^[a-z][a-z0-9_]*(\\.[a-z0-9][a-z0-9_]*)*$' } as const;
const object = (required: readonly string[], properties: Readonly<Record<string, object>>): object => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const byPath = (value: object): object => ({ type: 'object', propertyNames: path, additionalProperties: value });
const byOutcome = (maximum: number): object => {
  const number = { type: 'integer', minimum: 0, maximum };
  return { ...object([], { success: number, failure: number }), minProperties: 1 };
};
const ocsfClass = { class: { type: 'integer' }, activity: { type: 'integer' } };

const row = object(['code', 'action', 'name', 'area', 'outcome', 'severity'], {
  code,
  action: slug,
  name: text,
  area: { enum: ['user', 'account', 'connector', 'recovery', 'compliance', 'security', 'unknown'] },
  kind: { enum: ['event', 'alert', 'pipeline_error'] },
  category: texts,
  type: texts,
  type_with_target: texts,
  outcome: { enum: ['O1', 'O2', 'O3', 'none'] },
  severity: byOutcome(7),
  cef: byOutcome(10),
  cim: object(['model', 'action'], { model: text, action: text, object_category: text }),
  ocsf: object(['class', 'activity'], {
    ...ocsfClass,
    status: text,
    '1.9': object(['class', 'activity'], ocsfClass),
  }),
  tags: texts,
  wordings: texts,
  exact: { type: 'array', items: object(['acl', 'method', 'message'], { acl: text, method: text, message: text }) },
  match: texts,
  rank: { type: 'integer', minimum: 1, maximum: 100 },
  constants: byPath(text),
  fields: byPath(text),
  secret: texts,
  target_if_other: { type: 'boolean' },
  related_user: texts,
  on_failure: object(['recognised', 'otherwise'], { recognised: code, otherwise: code }),
});

/** The JSON Schema of a pack. */
export const packSchema = object(['name', 'module', 'dataset', 'read', 'events'], {
  name: slug,
  module: { type: 'string', pattern: '^[a-z][a-z0-9_]*$', maxLength: 32 },
  dataset: { type: 'string', pattern: '^[a-z][a-z0-9_.]*$', maxLength: 100 },
  read: object([], Object.fromEntries(roles.map((role) => [role, { ...texts, minItems: 1 }]))),
  provider: text,
  provider_from_area: { type: 'boolean' },
  token_name: path,
  connector_id: path,
  status_words: object([], { success: texts, failure: texts }),
  copy: byPath(text),
  constants: byPath(text),
  unknown_fields: path,
  metadata: object(['into'], { into: path, secret: texts, keys: { type: 'object', additionalProperties: texts } }),
  areas: textMap,
  defaults: object([], {
    unknown: code,
    denied: code,
    error: code,
    areas: { type: 'object', additionalProperties: code },
  }),
  events: { type: 'array', items: row, minItems: 1 },
  examples: {
    type: 'array',
    items: object(['record', 'expected'], { record: { type: 'object' }, expected: { type: 'object' } }),
  },
});
