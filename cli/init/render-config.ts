import { type ConfigObject, type ConfigValue, isList, isObject } from "./minimal-config.ts";

const maxLine = 120;

/** The text of lockstep.config.ts: one line a field, and in fields that are too long for a line as many of theirs as fit. */
export function renderConfig(config: ConfigObject): string {
  const fields = Object.entries(config).flatMap(([field, value]) =>
    value === undefined ? [] : `  ${renderField([field], value, 1)},\n`,
  );
  return `import { defineConfig } from "lockstep";\n\nexport default defineConfig({\n${fields.join("")}});\n`;
}

/** `path`: a field and those that contain nothing else, whose braces share its lines. */
function renderField(path: readonly string[], value: ConfigValue, depth: number): string {
  const before = path.map((field) => `${keyText(field)}: `).join("{ ");
  const after = " }".repeat(path.length - 1);
  const line = `${before}${inline(value)}${after}`;
  if (depth * 2 + line.length < maxLine) return line;
  const fields = isObject(value) ? Object.entries(value) : [];
  const [[only, inner] = [], ...others] = fields;
  if (only !== undefined && inner !== undefined && others.length === 0)
    return renderField([...path, only], inner, depth);
  const indent = "  ".repeat(depth);
  const items = isList(value)
    ? value.map(inline)
    : fields.flatMap(([field, each]) => (each === undefined ? [] : renderField([field], each, depth + 1)));
  if (items.length === 0) return line;
  const [open, close] = isList(value) ? "[]" : "{}";
  const lines = fill(items, (depth + 1) * 2).map((text) => `${indent}  ${text}\n`);
  return `${before}${open}\n${lines.join("")}${indent}${close}${after}`;
}

/** Lines with as many items as fit; an item of several lines has them for itself. */
function fill(items: readonly string[], indent: number): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    const joined = `${last} ${item},`;
    const fits = last !== undefined && !joined.includes("\n") && indent + joined.length <= maxLine;
    if (fits) lines[lines.length - 1] = joined;
    else lines.push(`${item},`);
  }
  return lines;
}

function inline(value: ConfigValue): string {
  if (isList(value)) return `[${value.map(inline).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  if (Object.keys(value).length === 0) return "{}";
  const fields = Object.entries(value).flatMap(([field, inner]) =>
    inner === undefined ? [] : `${keyText(field)}: ${inline(inner)}`,
  );
  return `{ ${fields.join(", ")} }`;
}

const keyText = (field: string) => (/^[A-Za-z_$][\w$]*$/.test(field) ? field : JSON.stringify(field));
