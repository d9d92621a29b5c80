import type { APIEmbedField } from "discord-api-types/v10";

export function field(name: string, value: string, inline = true): APIEmbedField {
  return { name, value, inline };
}

/** No field when there is nothing to say. */
export function optionalField(name: string, value: string | undefined, inline = true): APIEmbedField[] {
  return value === undefined ? [] : [field(name, value, inline)];
}
