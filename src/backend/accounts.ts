import { LRUCache } from "lru-cache";
import { z } from "zod";
import { atMost } from "../at-most.ts";
import { type Account, type Asker, BackendError } from "./backend.ts";
import type { CallBackend } from "./http.ts";
import { SingleFlight } from "./single-flight.ts";

/** Makes sure that the backend knows a person, before a call that needs it to (`backend-contract.md` 2.4). */
export interface Accounts {
  /** Returns once the backend knows the account; asks it only the first time. */
  ensure(account: Account, asker: Asker): Promise<void>;
  /** The backend turned out not to know it after all. */
  forget(account: Account): void;
}

/** A few hundred bytes each: the people of a large guild fit. */
const maxRemembered = 10_000;

export function createAccounts(call: CallBackend, timeoutMs: number): Accounts {
  const known = new LRUCache<string, true>(atMost(maxRemembered));
  const registrations = new SingleFlight<void>();

  const exists = async ({ discordId }: Account, asker: Asker): Promise<boolean> => {
    const path = `/discord/users/${encodeURIComponent(discordId)}`;
    try {
      await call({ operation: "findAccount", method: "GET", path, data: z.unknown(), timeoutMs }, asker);
      return true;
    } catch (error) {
      if (error instanceof BackendError && error.kind === "notFound") return false;
      throw error;
    }
  };

  const create = async ({ discordId, discordUsername }: Account, asker: Asker): Promise<void> => {
    // Discord's names have dots and can be two letters long, which the backend answers with 500: only the true name's own
    // field may hold it.
    const body = { discordId, username: `discord_${discordId}`, discordUsername };
    const path = "/discord/users";
    const data = z.unknown();
    // Of an account that is there already it is an update to the same.
    const repeatable = true;
    await call({ operation: "createAccount", method: "POST", path, body, data, timeoutMs, repeatable }, asker);
  };

  // Looked for first: creating is an upsert that would rename an account made elsewhere.
  const register = async (account: Account, asker: Asker): Promise<void> => {
    if (!(await exists(account, asker))) {
      try {
        await create(account, asker);
      } catch (error) {
        // Another process was first, or the name belongs to somebody else.
        const lostRace = error instanceof BackendError && error.kind === "conflict" && (await exists(account, asker));
        if (!lostRace) throw error;
      }
    }
    known.set(account.discordId, true);
  };

  return {
    async ensure(account, asker) {
      if (known.has(account.discordId)) return;
      await registrations.join(account.discordId, "createAccount", asker, (own) => register(account, own));
    },
    forget: (account) => known.delete(account.discordId),
  };
}
