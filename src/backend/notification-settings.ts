import { z } from "zod";
import { type Account, type Backend, signalTypes, tradingStyles } from "./backend.ts";
import { absentOr, date, decimal } from "./fields.ts";
import type { CallBackend } from "./http.ts";

type NotificationSettings = Pick<
  Backend,
  "readPreferences" | "savePreferences" | "subscribe" | "unsubscribe" | "listSubscriptions"
>;

/** Who is to be told what (`backend-contract.md` 2.7). The backend keeps it in memory, and knows people by Discord id. */
export function createNotificationSettings(call: CallBackend, timeoutMs: number): NotificationSettings {
  const pathOf = (resource: string, { discordId }: Account) =>
    `/notifications/${resource}/${encodeURIComponent(discordId)}`;
  const personOf = ({ discordId, discordUsername }: Account) => ({ discordUserId: discordId, discordUsername });

  const listSubscriptions: Backend["listSubscriptions"] = async (account, asker) => {
    const path = pathOf("subscriptions", account);
    const data = subscriptionsSchema;
    const answer = await call({ operation: "listSubscriptions", method: "GET", path, data, timeoutMs }, asker);
    return answer.subscriptions;
  };

  return {
    listSubscriptions,

    async readPreferences(account, asker) {
      const path = pathOf("preferences", account);
      const data = preferencesSchema;
      const answer = await call({ operation: "readPreferences", method: "GET", path, data, timeoutMs }, asker);
      return answer.preferences;
    },

    async savePreferences(account, changes, asker) {
      // Members that are undefined are not sent: the backend merges, and refuses null.
      const body = { ...personOf(account), preferences: changes };
      const path = "/notifications/preferences";
      const data = preferencesSchema;
      const answer = await call(
        { operation: "savePreferences", method: "POST", path, body, data, timeoutMs, repeatable: true },
        asker,
      );
      return answer.preferences;
    },

    async subscribe(account, pair, signalType, asker) {
      const body = { ...personOf(account), pair, signalType };
      const path = "/notifications/subscribe";
      const data = successSchema;
      const repeatable = true;
      await call({ operation: "subscribe", method: "POST", path, body, data, timeoutMs, repeatable }, asker);
    },

    async unsubscribe(account, pair, asker) {
      // Removing nothing is a 500 without a text to tell it by, so it is not tried.
      const subscribed = await listSubscriptions(account, asker);
      if (!subscribed.some((subscription) => pair === undefined || subscription.pair === pair)) return 0;
      const body = { ...personOf(account), pair };
      const path = "/notifications/unsubscribe";
      const data = unsubscribedSchema;
      const answer = await call({ operation: "unsubscribe", method: "POST", path, body, data, timeoutMs }, asker);
      return answer.unsubscribedCount;
    },
  };
}

const successSchema = z.object({ success: z.literal(true) });

const unsubscribedSchema = z.object({ unsubscribedCount: z.int().nonnegative() });

const subscriptionsSchema = z.object({
  subscriptions: z.array(z.object({ pair: z.string(), signalType: z.enum(signalTypes), subscribedAt: absentOr(date) })),
});

const preferencesSchema = z.object({
  preferences: z.object({
    riskLevel: absentOr(decimal),
    tradingStyle: absentOr(z.enum(tradingStyles)),
    minConfidence: absentOr(decimal),
    strongSignalsOnly: absentOr(z.boolean()),
  }),
});
