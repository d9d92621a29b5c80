import { isObject, type JsonObject, objectsIn, textOf } from "./json.ts";
import { at } from "./schema-check.ts";

type Path = readonly PropertyKey[];

interface Placed {
  readonly component: JsonObject;
  readonly path: Path;
}

export const componentTypes = {
  actionRow: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  userSelect: 5,
  channelSelect: 8,
  label: 18,
} as const;

const buttonStyles = { link: 5, premium: 6 } as const;
const maxRows = 5;
const maxComponentsV2 = 40;

/** Rules for a message's components that cut across fields, so that no schema has them (`discord-facts.md` 5, 7). */
export const messageComponentReasons = (components: unknown, version: "v1" | "v2"): readonly string[] => {
  const all = placedIn(components, ["components"]);
  return [
    ...(version === "v1" ? firstVersionReasons(components) : secondVersionReasons(all)),
    ...duplicateCustomIds(all),
    ...all.flatMap(rowReasons),
    ...all.flatMap(buttonReasons),
    ...all.flatMap(selectReasons),
  ];
};

/** The same for a modal's. */
export const modalComponentReasons = (components: unknown): readonly string[] => {
  const all = placedIn(components, ["data", "components"]);
  return [
    ...(objectsIn(components).length > maxRows ? [`data.components: at most ${maxRows} elements`] : []),
    ...duplicateCustomIds(all),
    ...all.flatMap(selectReasons),
    ...all.flatMap(({ component, path }) =>
      component.type === componentTypes.actionRow && objectsIn(component.components).length > 1
        ? [at([...path, "components"], "a row of a modal holds one text input")]
        : [],
    ),
  ];
};

/** Every component, nested ones included. */
const placedIn = (components: unknown, path: Path): readonly Placed[] =>
  objectsIn(components).flatMap(([index, component]) => withNested(component, [...path, index]));

const withNested = (component: JsonObject, path: Path): readonly Placed[] => [
  { component, path },
  ...placedIn(component.components, [...path, "components"]),
  ...(isObject(component.component) ? withNested(component.component, [...path, "component"]) : []),
  ...(isObject(component.accessory) ? withNested(component.accessory, [...path, "accessory"]) : []),
];

const firstVersionReasons = (components: unknown): readonly string[] => [
  ...(objectsIn(components).length > maxRows ? [`components: at most ${maxRows} rows`] : []),
  ...objectsIn(components).flatMap(([index, component]) =>
    component.type === componentTypes.actionRow
      ? []
      : [`components.${index}: only rows without the flag for components V2`],
  ),
];

const secondVersionReasons = (all: readonly Placed[]): readonly string[] =>
  all.length > maxComponentsV2 ? [`components: at most ${maxComponentsV2} components, nested ones counted`] : [];

const duplicateCustomIds = (all: readonly Placed[]): readonly string[] => {
  const seen = new Set<string>();
  return all.flatMap(({ component, path }) => {
    const customId = component.custom_id;
    if (typeof customId !== "string") return [];
    if (seen.has(customId)) return [at([...path, "custom_id"], "used by another component")];
    seen.add(customId);
    return [];
  });
};

const rowReasons = ({ component, path }: Placed): readonly string[] => {
  if (component.type !== componentTypes.actionRow) return [];
  const children = objectsIn(component.components);
  const hasSelect = children.some(([, child]) => isSelect(child));
  return hasSelect && children.length > 1
    ? [at([...path, "components"], "a row with a select holds nothing else")]
    : [];
};

const isSelect = ({ type }: JsonObject): boolean =>
  type === componentTypes.stringSelect ||
  (typeof type === "number" && type >= componentTypes.userSelect && type <= componentTypes.channelSelect);

const buttonReasons = ({ component, path }: Placed): readonly string[] => {
  if (component.type !== componentTypes.button) return [];
  const has = (key: string) => textOf(component[key]) !== "";
  switch (component.style) {
    case buttonStyles.link:
      return has("url") && !has("custom_id") ? [] : [at(path, "a link button has a url and no custom_id")];
    case buttonStyles.premium:
      return has("sku_id") && !has("custom_id") ? [] : [at(path, "a premium button has a sku_id and no custom_id")];
    default:
      return [
        ...(has("custom_id") && !has("url") ? [] : [at(path, "a button has a custom_id and no url")]),
        ...(has("label") || isObject(component.emoji) ? [] : [at(path, "a button has a label or an emoji")]),
      ];
  }
};

const selectReasons = ({ component, path }: Placed): readonly string[] => {
  if (component.type !== componentTypes.stringSelect) return [];
  const seen = new Set<unknown>();
  return objectsIn(component.options).flatMap(([index, option]) => {
    if (seen.has(option.value)) return [at([...path, "options", index, "value"], "used by another option")];
    seen.add(option.value);
    return [];
  });
};
