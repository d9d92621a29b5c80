import { ComponentType } from "discord-api-types/v10";
import * as z from "zod";
import type { InteractionInput } from "./api.ts";
import type { JsonObject } from "./messages.ts";

export type ModalInput = Extract<InteractionInput, { readonly kind: "modal" }>;

/**
 * The `data` of a submitted modal, in the shape of the one that was shown (`undefined`: none ever was, so each field becomes
 * a row of its own).
 * @throws RangeError for a field the modal does not have, or a value it would not take.
 */
export const modalPayload = (input: ModalInput, shown: JsonObject | undefined): JsonObject => {
  const components =
    shown === undefined
      ? Object.entries(input.fields).map(([name, value]) => row(textInput(name, value)))
      : filledIn(input, z.array(outer).default([]).parse(shown.components));
  return {
    custom_id: input.customId,
    components: components.map((component, index) => ({ id: index + 1, ...component })),
  };
};

const filledIn = (input: ModalInput, components: readonly z.infer<typeof outer>[]): readonly JsonObject[] => {
  const fields = components.flatMap((component) => component.components ?? component.component ?? []);
  for (const name of Object.keys(input.fields)) {
    if (!fields.some((field) => field.custom_id === name)) {
      throw new RangeError(`The modal "${input.customId}" has no field "${name}".`);
    }
  }
  return components.map((component) => {
    const inner = (component.components ?? []).map((field) => answered(input, field));
    if (component.component !== undefined) {
      return { type: component.type, component: answered(input, component.component) };
    }
    return { type: component.type, ...(component.components === undefined ? {} : { components: inner }) };
  });
};

/** A text input takes its text, a select the values separated by commas. */
const answered = (input: ModalInput, field: z.infer<typeof fieldShape>): JsonObject => {
  const name = field.custom_id ?? "";
  const value = input.fields[name] ?? field.value ?? "";
  if (value === "" && field.required !== false) throw new RangeError(`The field "${name}" must be filled in.`);
  if (value.length < (field.min_length ?? 0) && value !== "") throw new RangeError(`"${name}" is too short.`);
  if (value.length > (field.max_length ?? 4000)) throw new RangeError(`"${name}" is too long.`);
  if (field.type === ComponentType.TextInput) return textInput(name, value);
  return { type: field.type, custom_id: name, values: value === "" ? [] : value.split(",") };
};

const textInput = (name: string, value: string): JsonObject => ({
  type: ComponentType.TextInput,
  custom_id: name,
  value,
});

const row = (component: JsonObject): JsonObject => ({ type: ComponentType.ActionRow, components: [component] });

const fieldShape = z.looseObject({
  type: z.number(),
  custom_id: z.string().optional(),
  value: z.string().nullish(),
  required: z.boolean().optional(),
  min_length: z.number().nullish(),
  max_length: z.number().nullish(),
});

const outer = z.looseObject({
  type: z.number(),
  components: z.array(fieldShape).optional(),
  component: fieldShape.optional(),
});
