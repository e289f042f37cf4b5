/** Hashes of texts. */
import { hash } from 'node:crypto';

/** The SHA-256 of a text's UTF-8, in 64 hexadecimal digits. */
export function hashText(text: string): string {
  return hash('sha256', text);
}
