import { LRUCache } from "lru-cache";
import { atMost } from "../at-most.ts";
import type { Clock } from "../clock.ts";
import type { AutocompleteRequest, Choice } from "../interactions/index.ts";
import { plainText } from "../presentation/escape.ts";
import { cutText } from "../presentation/limits.ts";

/** `discord-facts.md` 5. */
const mostChoices = 25;
const longestChoice = 100;

/** As many as Discord shows; a value that does not fit is left out, because a cut one would mean something else. */
export function choicesFrom(candidates: readonly Choice[]): readonly Choice[] {
  return candidates
    .filter(({ value }) => value.length > 0 && value.length <= longestChoice)
    .map(({ name, value }) => ({ name: cutText(plainText(name), longestChoice) || value, value }))
    .slice(0, mostChoices);
}

/** A suggestion that fails is no suggestion: the person can still type, and the command checks what they typed. */
export async function orNothing(
  suggest: (request: AutocompleteRequest) => Promise<readonly Choice[]>,
  request: AutocompleteRequest,
): Promise<readonly Choice[]> {
  try {
    return await suggest(request);
  } catch {
    return [];
  }
}

/** Long enough for the typing of one option, short enough that what was done elsewhere shows soon. */
const rememberedMs = 20_000;
const peopleRemembered = 1000;

/**
 * What one person has, read once for all their keystrokes: each would cost a request of the hundred in a quarter of an
 * hour that all people share (`backend-contract.md` 1.3). For suggestions only; commands ask the backend.
 */
export class PersonalLists<Item> {
  readonly #lists: LRUCache<string, readonly Item[], AutocompleteRequest>;

  constructor(load: (request: AutocompleteRequest) => Promise<readonly Item[]>, clock: Clock) {
    this.#lists = new LRUCache<string, readonly Item[], AutocompleteRequest>({
      ...atMost(peopleRemembered),
      ttl: rememberedMs,
      ttlResolution: 0,
      // The library takes a start of 0 for "no time to live".
      perf: { now: () => clock.monotonic() + 1 },
      fetchMethod: (_id, _stale, { context }) => load(context),
    });
  }

  async read(request: AutocompleteRequest): Promise<readonly Item[]> {
    return (await this.#lists.fetch(request.person.id, { context: request })) ?? [];
  }

  /** After the person changed something. */
  forget(personId: string): void {
    this.#lists.delete(personId);
  }
}
