/** The entry types that a layer may contain; devices and pipes are rejected. */
export type TarEntry =
  | { kind: "file"; path: string; mode: number; content: Buffer }
  | { kind: "directory"; path: string }
  | { kind: "symlink"; path: string; target: string }
  | { kind: "link"; path: string; target: string };

class InvalidTar extends Error {
  override readonly name = "InvalidTar";
}

const block = 512;

/** A pax or GNU header, which applies to the entry that follows it. */
interface Extension {
  path?: string;
  linkpath?: string;
  size?: number;
}

/** Entries of a tar archive, in order. Paths are not checked: the caller must. */
export function* readTar(archive: Buffer): Generator<TarEntry> {
  let position = 0;
  let extension: Extension = {};
  while (position + block <= archive.length) {
    const header = archive.subarray(position, position + block);
    if (header.every((byte) => byte === 0)) return;
    verifyChecksum(header, position);
    const type = header.toString("latin1", 156, 157);
    const isExtension = "xgLK".includes(type);
    const size = (isExtension ? undefined : extension.size) ?? number(header, 124, 12);
    const start = position + block;
    if (start + size > archive.length) throw new InvalidTar(`The archive is truncated: entry at byte ${position}.`);
    const content = archive.subarray(start, start + size);
    position = start + Math.ceil(size / block) * block;
    if (isExtension) {
      extension = { ...extension, ...readExtension(type, content) };
      continue;
    }
    yield entryOf(type, { header, content, extension });
    extension = {};
  }
  throw new InvalidTar("The archive is truncated: no end marker.");
}

function entryOf(
  type: string,
  { header, content, extension }: { header: Buffer; content: Buffer; extension: Extension },
): TarEntry {
  const path = extension.path ?? nameIn(header);
  const target = extension.linkpath ?? text(header, 157, 100);
  switch (type) {
    case "0":
    case "\0":
      return { kind: "file", path, mode: number(header, 100, 8), content };
    case "1":
      return { kind: "link", path, target };
    case "2":
      return { kind: "symlink", path, target };
    case "5":
      return { kind: "directory", path };
    default:
      throw new InvalidTar(`"${path}" has the unsupported entry type "${type}". Supported: files, directories, links.`);
  }
}

function readExtension(type: string, content: Buffer): Extension {
  if (type === "L") return { path: text(content, 0, content.length) };
  if (type === "K") return { linkpath: text(content, 0, content.length) };
  if (type === "g") return {}; // a global header does not concern an entry
  const records = new Map<string, string>();
  for (let position = 0; position < content.length; ) {
    const space = content.indexOf(32, position);
    const length = Number(content.toString("latin1", position, space));
    const record = content.toString("utf8", space + 1, position + length - 1);
    if (space < 0 || !Number.isInteger(length) || length <= 0) throw new InvalidTar("A pax header is malformed.");
    records.set(record.slice(0, record.indexOf("=")), record.slice(record.indexOf("=") + 1));
    position += length;
  }
  const [path, linkpath, size] = [records.get("path"), records.get("linkpath"), records.get("size")];
  return {
    ...(path !== undefined && { path }),
    ...(linkpath !== undefined && { linkpath }),
    ...(size !== undefined && { size: Number(size) }),
  };
}

function nameIn(header: Buffer): string {
  const prefix = text(header, 257, 5) === "ustar" && header[262] === 0 ? text(header, 345, 155) : "";
  const name = text(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function verifyChecksum(header: Buffer, position: number): void {
  const expected = number(header, 148, 8);
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (sum !== expected) throw new InvalidTar(`Checksum mismatch in the header at byte ${position}.`);
}

function text(bytes: Buffer, start: number, length: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString("utf8", start, end < 0 || end > start + length ? start + length : end);
}

/** Octal digits, or a big-endian number marked by its first bit. */
function number(header: Buffer, start: number, length: number): number {
  const first = header[start] ?? 0;
  const value =
    first & 0x80
      ? header.readUIntBE(start + length - 6, 6)
      : Number.parseInt(text(header, start, length).trim() || "0", 8);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidTar("A number in a header is malformed.");
}
