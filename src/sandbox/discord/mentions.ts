import { z } from "zod";

/** What a message pings: what its text mentions, as far as `allowed_mentions` lets it through. */
export interface Mentions {
  readonly people: readonly string[];
  readonly roles: readonly string[];
  readonly everyone: boolean;
}

/**
 * Without `allowed_mentions` everything in the text pings; with it, only the kinds that `parse` names and the ids listed.
 */
export const mentionsIn = (text: string, allowedMentions: unknown): Mentions => {
  const allowed = allowedSchema.parse(allowedMentions ?? everythingAllowed);
  const parses = (kind: string) => allowed.parse?.includes(kind) === true;
  const through = (ids: readonly string[], kind: "users" | "roles") =>
    parses(kind) ? ids : ids.filter((id) => allowed[kind]?.includes(id));
  return {
    people: through(idsIn(text, /<@!?(\d+)>/g), "users"),
    roles: through(idsIn(text, /<@&(\d+)>/g), "roles"),
    everyone: parses("everyone") && /@(everyone|here)\b/.test(text),
  };
};

const everythingAllowed = { parse: ["users", "roles", "everyone"] };

const allowedSchema = z.object({
  parse: z.array(z.string().nullable()).nullish(),
  users: z.array(z.string().nullable()).nullish(),
  roles: z.array(z.string().nullable()).nullish(),
});

const idsIn = (text: string, pattern: RegExp): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].flatMap((match) => match[1] ?? [])),
];
