/**
 * Recognises credentials by their form, or by a name and a value that fits it. Unlike `mayBeSecret`, a false alarm costs
 * something here: people read it.
 */

/** Forms that issuers give their credentials. */
const FORMS = new RegExp(
  [
    // Of AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    '\\b(?:AKIA|ASIA)[A-Z2-7]{16}\\b',
    // https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    '\\bgh[oprsu]_[A-Za-z0-9]{36,}|\\bgithub_pat_[A-Za-z0-9_]{50,}',
    '\\bglpat-[\\w-]{20,}|\\bnpm_[A-Za-z0-9]{36}\\b|\\bpypi-AgE[\\w-]{50,}',
    '\\bhf_[A-Za-z0-9]{30,}',
    '\\bxox[abeoprs]-[\\w-]{20,}|\\bhooks\\.slack\\.com/services/T\\w+/B\\w+/\\w{16,}',
    '\\bAIza[\\w-]{35}(?![\\w-])',
    '\\b[rs]k_live_[A-Za-z0-9]{20,}',
    '-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----',
    // Two JSON objects in base64: https://datatracker.ietf.org/doc/html/rfc7519
    '\\beyJ[\\w-]{8,500}\\.eyJ[\\w-]{8,}',
  ].join('|'),
);
/** `sk-…` of OpenAI and Anthropic, and what follows `Bearer`. */
const MIXED = /(?<![\w-])(?:sk-|Bearer\s+)([\w.~+/-]{20,})/g;
/** `scheme://user:password@host` */
const URL_PASSWORD = /:\/\/[^/\s:@'"]*:([^/\s@'"]+)@/g;

/** The last word of a name: `DB_PASSWORD`, `api-key`, `hfToken`; not `max_tokens`, `tokenizer`, `TOKEN_FILE`. */
const PASSWORD_NAME = /(?:password|passwd|passphrase)$/i;
const KEY_NAME = /(?:secret|(?:api|access|private|secret)[_-]?key|credentials?)$/i;
const TOKEN_NAME = /(?:token|bearer|jwt)$/i;
/** Of Weights & Biases. A hash looks the same. */
const WANDB_KEY = /^[0-9a-f]{40}$/;

/** No credential: a switch or a number, a reference to another value, a placeholder, a path, a URL or an ARN. */
const HARMLESS = [
  /^(?:true|false|yes|no|on|off|none|null|nil|undefined|auto|default|required|optional|test|dummy)?$/i,
  /^[+-]?[\d.,_]{1,7}(?:e[+-]?\d+)?$/i,
  /[$%]\{|\$\(|\$[A-Za-z_]|^[$%]|\{\{|^[<[{(]|^[*x.…-]+$/i,
  /^(?:your|change|insert|example|placeholder|todo)(?:me\b|[_ -]|$)/i,
  /^(?:\.{0,2}|~|[A-Za-z]:)[/\\]|^[a-z][\w+.-]*:\/\/|^arn:|^[a-z_.-]+(?:\/[a-z_.-]+)+$/,
];

/** Whether a text has a credential in it that its form gives away. */
export function hasCredentialForm(text: string): boolean {
  return (
    FORMS.test(text) ||
    [...text.matchAll(MIXED)].some(([, value = '']) => isMixed(value)) ||
    [...text.matchAll(URL_PASSWORD)].some(([, value = '']) => !isHarmless(value))
  );
}

/** Whether a named value is a credential: by its form, or because its name says so and it may well be one. */
export function isCredential(name: string, value: string): boolean {
  if (hasCredentialForm(value)) return true;
  if (/wandb/i.test(name) && WANDB_KEY.test(value)) return true;
  if (isHarmless(value)) return false;
  if (PASSWORD_NAME.test(name)) return value.length >= 6;
  if (KEY_NAME.test(name)) return value.length >= 6 && isMixed(value);
  return TOKEN_NAME.test(name) && /^[\w.~+/=-]{16,}$/.test(value) && isMixed(value);
}

function isHarmless(value: string): boolean {
  return HARMLESS.some((harmless) => harmless.test(value));
}

/** Letters and digits, but no words in small letters: `prod-db-v2`. */
function isMixed(value: string): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value) && !/^[a-z]+(?:[-_.][a-z0-9]{1,8})*$/.test(value);
}
