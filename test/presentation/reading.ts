import type { Card } from "../../src/presentation/limits.ts";

/** All texts of a card but those of buttons and selects, in the order they are read, as they are sent. */
export function sentTexts(card: Card): readonly string[] {
  const embeds = (card.embeds ?? []).flatMap((embed) => [
    embed.author?.name,
    embed.title,
    embed.description,
    ...(embed.fields ?? []).flatMap(({ name, value }) => [name, value]),
    embed.footer?.text,
  ]);
  return [card.content, ...embeds].filter((text) => text !== undefined);
}

/** What a person reads: one line for each field, escapes and emphasis gone. */
export function read(card: Pick<Card, "content" | "embeds">): string {
  const embeds = (card.embeds ?? []).flatMap((embed) => [
    embed.title,
    embed.description,
    ...(embed.fields ?? []).map(({ name, value }) => `${name}: ${value}`),
    embed.footer?.text,
  ]);
  return [card.content, ...embeds]
    .filter((text) => text !== undefined)
    .join("\n")
    .replace(/\*\*/g, "")
    .replace(/\\([^0-9A-Za-z\s])/g, "$1");
}

/** What is left for Discord's markdown to act on, without escapes and without the bot's own timestamps and code spans. */
export function activeText(text: string): string {
  return text.replace(/\\[^0-9A-Za-z\s]|<t:-?\d+:[Rf]>|`[\w /.:-]+`|\*\*/g, "");
}
