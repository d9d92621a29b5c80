/** An object of a JSON body. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The elements of an array that are objects, with their indices; nothing for anything else. */
export const objectsIn = (value: unknown): readonly (readonly [index: number, element: JsonObject])[] =>
  Array.isArray(value)
    ? value.flatMap((element: unknown, index) => (isObject(element) ? [[index, element] as const] : []))
    : [];

/** The object, or an empty one for anything else. */
export const objectOr = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The text as Discord measures it, trimmed (`discord-facts.md` 5); empty for anything but a string. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** Applies `change` to the keys that are present, leaving the others alone. */
export const mapKeys = (
  object: JsonObject,
  changes: Readonly<Record<string, (value: unknown) => unknown>>,
): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([key, value]) => {
      const change = Object.hasOwn(changes, key) ? changes[key] : undefined;
      return [key, change === undefined ? value : change(value)];
    }),
  );

/** Applies `change` to the objects of an array; anything else is returned as it is. */
export const mapObjects = (value: unknown, change: (element: JsonObject) => unknown): unknown =>
  Array.isArray(value)
    ? value.map((element: unknown): unknown => (isObject(element) ? change(element) : element))
    : value;

/** The object without the keys. */
export const without = (object: JsonObject, keys: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.has(key)));
