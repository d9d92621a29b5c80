import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIEmbed,
  type APIEmbedField,
  type APIStringSelectComponent,
  ComponentType,
} from "discord-api-types/v10";

/** What this room makes: the texts, embeds, buttons and selects of one message. */
export interface Card {
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly components?: readonly CardRow[];
}

export type CardRow = APIActionRowComponent<CardComponent>;
type CardComponent = APIButtonComponentWithCustomId | APIStringSelectComponent;

/** `discord-facts.md` 5. Measured in UTF-16 units, which are never fewer than the characters Discord counts. */
export const messageLimits = {
  content: 2000,
  embeds: 10,
  title: 256,
  description: 4096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1024,
  footer: 2048,
  author: 256,
  allEmbeds: 6000,
  rows: 5,
  buttonsInRow: 5,
  customId: 100,
  buttonLabel: 80,
  options: 25,
  optionText: 100,
  placeholder: 150,
} as const;

/**
 * The same card within Discord's limits: texts are cut, fields, buttons and options that have no place are left out, title
 * and description before fields. Cards are made so that this changes nothing for reasonable input; it holds for any input.
 */
export function fitCard(card: Card): Card {
  const budget = { left: messageLimits.allEmbeds };
  const embeds = (card.embeds ?? [])
    .slice(0, messageLimits.embeds)
    .map((embed) => fitEmbed(embed, budget))
    .filter((embed) => embed.title !== undefined || embed.description !== undefined || embed.fields !== undefined);
  const content = cutText(card.content ?? "", messageLimits.content);
  const components = (card.components ?? []).map(fitRow).filter((row) => row.components.length > 0);
  return {
    ...(content === "" ? {} : { content }),
    ...(embeds.length === 0 ? {} : { embeds }),
    ...(components.length === 0 ? {} : { components: components.slice(0, messageLimits.rows) }),
  };
}

/** The text with at most `maxLength` UTF-16 units, cut between characters, ending in an ellipsis and in no half escape. */
export function cutText(text: string, maxLength: number): string {
  const trimmed = text.trim();
  if (trimmed.length <= maxLength) return trimmed;
  if (maxLength < 1) return "";
  const kept = trimmed
    .slice(0, maxLength - 1)
    .replace(/[\uD800-\uDBFF]$/, "")
    .replace(/(?<!\\)((?:\\\\)*)\\$/, "$1");
  return `${kept.trimEnd()}…`;
}

/** The same answer with a sentence below its text, which is cut rather than the sentence. */
export function withSentence<Content extends { readonly content?: string }>(
  answer: Content,
  sentence: string,
): Content & { readonly content: string } {
  const content = cutText(answer.content ?? "", messageLimits.content - sentence.length - 1);
  return { ...answer, content: content === "" ? sentence : `${content}\n${sentence}` };
}

/** As many whole lines as fit; when some do not, the last line says how many were left out. */
export function joinWithin(lines: readonly string[], maxLength: number, leftOut: (count: number) => string): string {
  let text = "";
  let kept = 0;
  for (const line of lines) {
    const longer = kept === 0 ? line : `${text}\n${line}`;
    const rest = lines.length - kept - 1;
    if (longer.length + (rest === 0 ? 0 : leftOut(rest).length + 1) > maxLength) break;
    text = longer;
    kept += 1;
  }
  const rest = lines.length - kept;
  if (rest === 0) return text;
  return kept === 0 ? leftOut(rest) : `${text}\n${leftOut(rest)}`;
}

interface Budget {
  left: number;
}

function fitEmbed(embed: APIEmbed, budget: Budget): APIEmbed {
  const { title, description, footer, author, fields, ...rest } = embed;
  const fitted: APIEmbed = { ...rest };
  const fittedTitle = spend(title, messageLimits.title, budget);
  if (fittedTitle !== "") fitted.title = fittedTitle;
  const fittedAuthor = spend(author?.name, messageLimits.author, budget);
  if (author !== undefined && fittedAuthor !== "") fitted.author = { ...author, name: fittedAuthor };
  const fittedFooter = spend(footer?.text, messageLimits.footer, budget);
  if (footer !== undefined && fittedFooter !== "") fitted.footer = { ...footer, text: fittedFooter };
  const fittedDescription = spend(description, messageLimits.description, budget);
  if (fittedDescription !== "") fitted.description = fittedDescription;
  const fittedFields = fitFields(fields ?? [], budget);
  if (fittedFields.length > 0) fitted.fields = fittedFields;
  return fitted;
}

function fitFields(fields: readonly APIEmbedField[], budget: Budget): APIEmbedField[] {
  const fitted: APIEmbedField[] = [];
  for (const field of fields) {
    const name = cutText(field.name, messageLimits.fieldName);
    const value = cutText(field.value, messageLimits.fieldValue);
    // Discord refuses empty ones, and half a field is worse than none.
    if (name === "" || value === "") continue;
    if (fitted.length === messageLimits.fields || name.length + value.length > budget.left) break;
    budget.left -= name.length + value.length;
    fitted.push({ ...field, name, value });
  }
  return fitted;
}

/** A custom id or a value that is too long is left out with what it belongs to: cut, it would mean something else. */
function fitRow(row: CardRow): CardRow {
  const components = row.components.filter(({ custom_id: id }) => id !== "" && id.length <= messageLimits.customId);
  return { ...row, components: components.slice(0, messageLimits.buttonsInRow).flatMap(fitComponent) };
}

function fitComponent(component: CardComponent): CardComponent[] {
  if (component.type === ComponentType.Button) {
    const label = cutText(component.label ?? "", messageLimits.buttonLabel);
    return label === "" ? [] : [{ ...component, label }];
  }
  const options = component.options
    .filter(({ value }) => value !== "" && value.length <= messageLimits.optionText)
    .map((option) => ({ ...option, label: cutText(option.label, messageLimits.optionText) }))
    .filter(({ label, value }, index, all) => label !== "" && all.findIndex((one) => one.value === value) === index)
    .slice(0, messageLimits.options);
  const placeholder = cutText(component.placeholder ?? "", messageLimits.placeholder);
  return options.length === 0 ? [] : [{ ...component, options, ...(placeholder === "" ? {} : { placeholder }) }];
}

function spend(text: string | undefined, limit: number, budget: Budget): string {
  const cut = cutText(text ?? "", Math.min(limit, budget.left));
  budget.left -= cut.length;
  return cut;
}
