/** One entry of a tar archive. Nothing is validated, so that tests can create invalid archives. */
export interface TarEntry {
  path: string;
  content?: string;
  /** `0` file, `1` hard link, `2` symbolic link, `5` directory, … */
  type?: string;
  link?: string;
  mode?: number;
}

export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = "", type = "0", link = "", mode = 0o644 }) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(path, 0, 100);
    header.write(`${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
    header.write(`${octal(body.length, 11)}\0${octal(0, 11)}\0        ${type}`, 124);
    header.write(link, 157, 100);
    header.write("ustar\x0000", 257);
    header.write(
      `${octal(
        header.reduce((sum, byte) => sum + byte, 0),
        6,
      )}\0 `,
      148,
    );
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const octal = (value: number, width: number) => value.toString(8).padStart(width, "0");
