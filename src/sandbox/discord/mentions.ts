import { z } from "zod";

/** Ids of the people a message pings: those mentioned in its content that `allowed_mentions` lets through. */
export const mentionedIn = (content: string, allowedMentions: unknown): readonly string[] => {
  const mentioned = [...new Set([...content.matchAll(/<@!?(\d+)>/g)].map((match) => match[1] ?? ""))];
  const allowed = allowedMentionsSchema.parse(allowedMentions ?? undefined);
  if (allowed === undefined || allowed.parse?.includes("users")) return mentioned;
  return mentioned.filter((id) => allowed.users?.includes(id));
};

const allowedMentionsSchema = z
  .object({
    parse: z.array(z.string().nullable()).nullish(),
    users: z.array(z.string().nullable()).nullish(),
  })
  .optional();
