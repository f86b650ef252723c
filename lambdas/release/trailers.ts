const trailer = /^([A-Za-z0-9][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*)$/;

/** The values of a git trailer, as `git interpret-trailers` would find it: in the last paragraph, which holds nothing else and is not the title. */
export function trailerValues(message: string, name: string): string[] {
  const paragraphs = message.trim().split(/\r?\n[ \t]*(?:\r?\n[ \t]*)+/);
  const lines = paragraphs.length > 1 ? (paragraphs.at(-1) ?? "").split(/\r?\n/) : [];
  const folded = lines.reduce<string[]>(
    (all, line) =>
      /^[ \t]/.test(line) && all.length > 0 ? [...all.slice(0, -1), `${all.at(-1)} ${line.trim()}`] : [...all, line],
    [],
  );
  const parsed = folded.map((line) => trailer.exec(line));
  const others = folded.filter((line, index) => !parsed[index] && !line.startsWith("(cherry picked from commit "));
  if (others.length > 0) return [];
  return parsed.flatMap((match) => (match?.[1]?.toLowerCase() === name.toLowerCase() ? [(match[2] ?? "").trim()] : []));
}

/** Risks that a commit allows: `Lockstep-Allow: destructive`. */
export function allowances(message: string): string[] {
  const values = trailerValues(message, "Lockstep-Allow").flatMap((value) => value.toLowerCase().split(/[\s,]+/));
  return [...new Set(values.filter((value) => value !== ""))];
}
