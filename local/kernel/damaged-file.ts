/** A file or directory of the state whose content cannot be used; the message says why. */
export class DamagedFile extends Error {
  override readonly name = "DamagedFile";
  readonly file: string;

  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}
