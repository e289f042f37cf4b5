/** Finds secrets in the step's environment and replaces them in texts. */

/** Shorter values are not replaced: they may be ordinary words. */
const SHORTEST = 8;
/** Matches at the end of a word: MY_TOKEN, api-key, NPMTOKENS, but not TOKENIZER. */
const SECRET_NAME = /(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(PRIVATE|API|ACCESS)[_-]?KEY)S?(?![A-Z])/i;
/** Whole words that are no sign of a secret in an environment: PWD is a folder, SSH_AUTH_SOCK a socket. */
const SECRET_WORD = /(?<![A-Z])(PWD|PW|PASS|AUTH|BEARER|DSN|JWT)(?![A-Z])/i;
/** `scheme://user:password@host` */
const URL_WITH_USER = /:\/\/[^/\s]*@/;
const PATH_OR_URL_NAME = /_(FILE|URL|URI|PATH|DIR|DIRECTORY)$/i;

/** Whether the name of a variable suggests a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !PATH_OR_URL_NAME.test(name);
}

/**
 * Whether a name or a value may be a secret or contain one. Stricter than `isSecretName`: here a false alarm costs
 * nothing.
 */
export function mayBeSecret(text: string): boolean {
  const words = text.replace(/([a-z\d])([A-Z])/g, '$1_$2');
  return SECRET_NAME.test(text) || SECRET_WORD.test(words) || URL_WITH_USER.test(text);
}

/** The input `secrets` says where secrets are. A mask would hide the names of its lines. */
const NO_SECRET = 'INPUT_SECRETS';

/** The lines of the values of variables with a secret name, longest first. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  const values = Object.entries(environment)
    .filter(([name]) => isSecretName(name) && name !== NO_SECRET)
    .flatMap(([, value]) => (value ?? '').split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST);
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

/** Replaces each secret in a text by `***`. */
export class Redactor {
  #secrets: readonly string[] = [];
  #redact = redactor([]);

  constructor(secrets: readonly string[]) {
    this.add(secrets);
  }

  add(secrets: readonly string[]): void {
    this.#secrets = [...new Set([...this.#secrets, ...secrets])].sort((a, b) => b.length - a.length);
    this.#redact = redactor(this.#secrets);
  }

  readonly redact = (text: string): string => this.#redact(text);
}

/** `secrets`: longest first. */
function redactor(secrets: readonly string[]): (text: string) => string {
  if (secrets.length === 0) return (text) => text;
  const pattern = new RegExp(secrets.map((secret) => secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(pattern, '***');
}
