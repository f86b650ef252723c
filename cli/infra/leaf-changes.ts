import type * as z from "zod";

type Json = z.core.util.JSONType;

interface Leaf {
  path: string;
  from: Json | undefined;
  to: Json | undefined;
}

/** The values that differ, each with its path: `ContainerDefinitions[app].PortMappings[0].ContainerPort`. */
export function leafChanges(path: string, from: Json | undefined, to: Json | undefined): Leaf[] {
  if (isSame(from, to)) return [];
  const [before, after] = [unfold(from), unfold(to)];
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => {
      const label = nameOf(before[index]) ?? nameOf(after[index]) ?? index;
      return leafChanges(`${path}[${label}]`, before[index], after[index]);
    }).flat();
  }
  if (isBranch(before) && isBranch(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => leafChanges(`${path}.${key}`, before[key], after[key]));
  }
  return [{ path, from, to }];
}

export function describeLeaf({ path, from, to }: Leaf): string {
  return `${path}: ${describeValue(from)} → ${describeValue(to)}`;
}

function describeValue(value: Json | undefined): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const isSame = (a: Json | undefined, b: Json | undefined) => JSON.stringify(a) === JSON.stringify(b);

/** An object, but not an intrinsic function. */
function isBranch(value: Json | undefined): value is Record<string, Json> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const [key = "", ...others] = Object.keys(value);
  return others.length > 0 || !/^(Ref|Fn::.*)$/.test(key);
}

/** Environment variables and containers have names. */
function nameOf(value: Json | undefined): string | undefined {
  return isBranch(value) && typeof value.Name === "string" ? value.Name : undefined;
}

/** JSON in a string, such as a label of the release's task definition. */
function unfold(value: Json | undefined): Json | undefined {
  if (typeof value !== "string" || !value.startsWith("{")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
