import { randomInt } from "node:crypto";
import { invalidParameter } from "./faults.ts";
import type { Input } from "./reads.ts";

const kinds = {
  lower: "abcdefghijklmnopqrstuvwxyz",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  digits: "0123456789",
  punctuation: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
};

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export function randomPassword(request: Input<"getRandomPassword">): string {
  const { PasswordLength: length = 32, RequireEachIncludedType: each = true } = request;
  const excluded = new Set(request.ExcludeCharacters);
  const without = (characters: string) =>
    characters
      .split("")
      .filter((character) => !excluded.has(character))
      .join("");
  const included = [
    request.ExcludeLowercase ? "" : without(kinds.lower),
    request.ExcludeUppercase ? "" : without(kinds.upper),
    request.ExcludeNumbers ? "" : without(kinds.digits),
    request.ExcludePunctuation ? "" : without(kinds.punctuation),
    request.IncludeSpace ? without(" ") : "",
  ].filter((characters) => characters !== "");
  const all = included.join("");
  if (length < 1 || length > 4096) throw invalidParameter(`PasswordLength ${length} is not between 1 and 4096.`);
  if (all === "") throw invalidParameter("Every character is excluded.");
  if (each && included.length > length)
    throw invalidParameter(`A password of ${length} cannot have each of ${included.length} types.`);
  const required = each ? included.map(pick) : [];
  const rest = Array.from({ length: length - required.length }, () => pick(all));
  return shuffle([...required, ...rest]).join("");
}

const pick = (characters: string) => characters.charAt(randomInt(characters.length));

function shuffle(characters: string[]): string[] {
  const left = [...characters];
  return characters.map(() => left.splice(randomInt(left.length), 1).join(""));
}
