/** What is wrong with the bytes of an archive, so that nothing after them can be read. `message`: what it is or has. */
export class DamagedArchive extends Error {
  override readonly name = 'DamagedArchive';
}
