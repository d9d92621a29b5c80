import { ApplicationCommandOptionType as OptionType } from "discord-api-types/v10";
import type { SandboxPerson } from "./api.ts";
import type { JsonObject } from "./messages.ts";
import type { World } from "./world.ts";

export interface ResolveParts {
  readonly world: World;
  readonly person: (id: string) => SandboxPerson | undefined;
}

/**
 * The `resolved` part: the users, members, channels and roles that options or select values name by id.
 * @throws RangeError for an id the person could not have picked.
 */
export const resolveValues = (
  values: readonly { readonly type: number; readonly value: unknown }[],
  { world, person }: ResolveParts,
): JsonObject | undefined => {
  const found = new Map<string, Map<string, unknown>>();
  const add = (kind: string, id: string, value: unknown) =>
    found.set(kind, (found.get(kind) ?? new Map<string, unknown>()).set(id, value));

  for (const { type, value } of values) {
    const id = String(value);
    const user = userTypes.has(type) ? userOf(id, { world, person }) : undefined;
    if (user !== undefined) {
      add("users", id, user);
      add("members", id, world.member());
    } else if (channelTypes.has(type) && id === world.channelId) {
      add("channels", id, world.channel());
    } else if (roleTypes.has(type) && id === world.guildId) {
      add("roles", id, world.everyoneRole());
    } else if (userTypes.has(type) || channelTypes.has(type) || roleTypes.has(type)) {
      throw new RangeError(`Nothing a person could pick here has the id ${id}.`);
    }
  }
  if (found.size === 0) return undefined;
  return Object.fromEntries([...found].map(([kind, entries]) => [kind, Object.fromEntries(entries)]));
};

const userOf = (id: string, { world, person }: ResolveParts): unknown => {
  if (id === world.bot.id) return world.bot;
  const found = person(id);
  return found === undefined ? undefined : world.user(found);
};

const userTypes: ReadonlySet<number> = new Set([OptionType.User, OptionType.Mentionable]);
const roleTypes: ReadonlySet<number> = new Set([OptionType.Role, OptionType.Mentionable]);
const channelTypes: ReadonlySet<number> = new Set([OptionType.Channel]);
