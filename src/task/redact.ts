/** Secrets of the step's environment, taken out of whatever is shown or written. */

/** Shorter values would blot out ordinary words. */
const SHORTEST = 8;
/** Words at their end: MY_TOKEN, api-key, NPMTOKENS, but not TOKENIZER. */
const SECRET_NAME = /(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(PRIVATE|API|ACCESS)[_-]?KEY)S?(?![A-Z])/i;
/** Whole words that in an environment mostly mean something else: PWD, SSH_AUTH_SOCK. */
const SECRET_WORD = /(?<![A-Z])(PWD|PW|PASS|AUTH|BEARER|DSN|JWT)(?![A-Z])/i;
/** `scheme://user:password@host` */
const URL_WITH_USER = /:\/\/[^/\s]*@/;
const PLACE_NAME = /_(FILE|URL|URI|PATH|DIR|DIRECTORY)$/i;

/** Whether a name speaks of a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !PLACE_NAME.test(name);
}

/** Whether a name or a value, with all the names in it, may be or hold a secret: where a doubt costs nothing. */
export function mayBeSecret(text: string): boolean {
  const words = text.replace(/([a-z\d])([A-Z])/g, '$1_$2');
  return SECRET_NAME.test(text) || SECRET_WORD.test(words) || URL_WITH_USER.test(text);
}

/** The values of variables whose names speak of a secret, line by line; longest first. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  const values = Object.entries(environment)
    .filter(([name]) => isSecretName(name))
    .flatMap(([, value]) => (value ?? '').split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST);
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

/** Puts `***` for each of the secrets in a text; secrets can be added. */
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
