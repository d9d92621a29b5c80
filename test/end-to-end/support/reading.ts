import { z } from "zod";
import type { SandboxMessage } from "../../../src/sandbox/discord/api.ts";

/** A message as a person reads it. */
export interface Reading {
  readonly content: string;
  /** Of its card, empty when there is none. */
  readonly title: string;
  readonly description: string;
  /** The card's fields by name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Everything in it, one part a line. */
  readonly text: string;
}

export function read({ content, embeds }: SandboxMessage): Reading {
  const card = cardSchema.parse(embeds[0] ?? {});
  const fields = Object.fromEntries(card.fields.map(({ name, value }) => [name, value]));
  const parts = [content, card.title, card.description, ...card.fields.flatMap(({ name, value }) => [name, value])];
  return {
    content,
    title: card.title,
    description: card.description,
    fields,
    text: parts.filter((part) => part !== "").join("\n"),
  };
}

const cardSchema = z.object({
  title: z.string().default(""),
  description: z.string().default(""),
  fields: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
});
