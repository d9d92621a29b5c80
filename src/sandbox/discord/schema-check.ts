import { core } from "zod";
import { isObject } from "./json.ts";

/**
 * What a published schema finds wrong with a value, as `path: reason`. Keys that the schema does not have are reasons too: the
 * schemas drop them silently (`discord-facts.md` 7), so they are found by comparing the value with what was kept of it.
 */
export const checkAgainstSchema = (schema: core.$ZodType, value: unknown): readonly string[] => {
  const result = core.safeParse(schema, value);
  if (!result.success) return result.error.issues.flatMap((issue) => reasonsOf(issue, []));
  return unknownKeys(value, result.data, []);
};

/** `path: reason`, or the reason alone for the body itself. */
export const at = (path: readonly PropertyKey[], reason: string): string =>
  path.length === 0 ? reason : `${path.map(String).join(".")}: ${reason}`;

const unknownKeys = (value: unknown, kept: unknown, path: readonly PropertyKey[]): readonly string[] => {
  if (Array.isArray(value) && Array.isArray(kept)) {
    return value.flatMap((element: unknown, index) => unknownKeys(element, kept[index], [...path, index]));
  }
  if (!isObject(value) || !isObject(kept)) return [];
  return Object.entries(value).flatMap(([key, element]) =>
    Object.hasOwn(kept, key) ? unknownKeys(element, kept[key], [...path, key]) : [at([...path, key], "unknown key")],
  );
};

const reasonsOf = (issue: core.$ZodIssue, prefix: readonly PropertyKey[]): readonly string[] => {
  const path = [...prefix, ...issue.path];
  switch (issue.code) {
    case "too_big":
      return [at(path, `at most ${issue.maximum}${unitOf(issue.origin)}`)];
    case "too_small":
      return [at(path, `at least ${issue.minimum}${unitOf(issue.origin)}`)];
    case "invalid_type":
      return [at(path, issue.expected === "nonoptional" ? "required" : `must be ${issue.expected}`)];
    case "invalid_value":
      return [at(path, `must be one of ${issue.values.map(String).join(", ")}`)];
    case "invalid_format":
      return [at(path, `not a valid ${issue.format}`)];
    case "invalid_union": {
      const branch = meantBranch(issue.errors);
      return branch === undefined
        ? [at(path, "fits none of the shapes allowed here")]
        : branch.flatMap((inner) => reasonsOf(inner, path));
    }
    default:
      return [at(path, "not valid")];
  }
};

const unitOf = (origin: string): string =>
  origin === "string" ? " characters" : origin === "array" ? " elements" : "";

/** Of a union, the branch the value was meant for: the right `type`, and then the fewest complaints. */
const meantBranch = (branches: readonly (readonly core.$ZodIssue[])[]): readonly core.$ZodIssue[] | undefined =>
  branches
    .filter((branch) => !branch.some((issue) => issue.path.length === 0 || issue.path.join(".") === "type"))
    .sort((a, b) => a.length - b.length)[0];
