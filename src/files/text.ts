/** The text of a file that a person wrote, on whatever system. */

/**
 * Without a byte order mark. With the mark of UTF-16 it is read as that: Windows PowerShell 5 writes so by `>`:
 * https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}
