import { ComponentType, ApplicationCommandOptionType as OptionType } from "discord-api-types/v10";
import * as z from "zod";
import type { InteractionInput } from "./api.ts";
import type { JsonObject } from "./messages.ts";
import { type ResolveParts, resolveValues } from "./resolved.ts";

export type ComponentInput = Extract<InteractionInput, { readonly kind: "button" | "select" }>;

/**
 * The `data` of a pressed button or a used select.
 * @throws RangeError when the message has no such component, or the person could not use it so.
 */
export const componentPayload = (input: ComponentInput, message: JsonObject, parts: ResolveParts): JsonObject => {
  const component = findComponent(message.components, input.customId);
  if (component === undefined) {
    throw new RangeError(`The message ${input.messageId} has no component "${input.customId}".`);
  }
  const isButton = component.type === ComponentType.Button;
  if (isButton !== (input.kind === "button")) throw new RangeError(`"${input.customId}" is not a ${input.kind}.`);
  if (component.disabled) throw new RangeError(`The ${input.kind} "${input.customId}" is disabled.`);
  const data = { custom_id: input.customId, component_type: component.type, id: component.id ?? 1 };
  if (input.kind === "button") return data;
  checkValues(input, component);
  const type = resolvedTypes.get(component.type);
  const resolved =
    type === undefined
      ? undefined
      : resolveValues(
          input.values.map((value) => ({ type, value })),
          parts,
        );
  return { ...data, values: input.values, ...(resolved === undefined ? {} : { resolved }) };
};

const checkValues = (input: Extract<ComponentInput, { kind: "select" }>, component: Component): void => {
  const { min_values: fewest = 1, max_values: most = 1 } = component;
  if (input.values.length < fewest || input.values.length > most) {
    throw new RangeError(
      `The select "${input.customId}" takes ${fewest} to ${most} values, not ${input.values.length}.`,
    );
  }
  if (component.type !== ComponentType.StringSelect) return;
  const unknown = input.values.find((value) => !component.options?.some((option) => option.value === value));
  if (unknown !== undefined) throw new RangeError(`The select "${input.customId}" does not offer "${unknown}".`);
};

type Component = z.infer<typeof componentShape>;

const componentShape = z.looseObject({
  type: z.number(),
  id: z.number().optional(),
  custom_id: z.string().optional(),
  disabled: z.boolean().default(false),
  min_values: z.number().optional(),
  max_values: z.number().optional(),
  options: z.array(z.looseObject({ value: z.string() })).optional(),
  components: z.array(z.unknown()).optional(),
  /** Beside the texts of a section. */
  accessory: z.unknown().optional(),
});

/** Looks through rows, containers and sections. */
const findComponent = (components: unknown, customId: string): Component | undefined => {
  for (const raw of Array.isArray(components) ? components : []) {
    const component = componentShape.safeParse(raw).data;
    if (component === undefined) continue;
    if (component.custom_id === customId) return component;
    const inner = findComponent([...(component.components ?? []), component.accessory], customId);
    if (inner !== undefined) return inner;
  }
  return undefined;
};

const resolvedTypes: ReadonlyMap<number, number> = new Map([
  [ComponentType.UserSelect, OptionType.User],
  [ComponentType.RoleSelect, OptionType.Role],
  [ComponentType.MentionableSelect, OptionType.Mentionable],
  [ComponentType.ChannelSelect, OptionType.Channel],
]);
