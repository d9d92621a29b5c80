/** The keys a bot has: the backend compares them in different places under different names (`backend-contract.md` 1.1). */
export interface BackendKeys {
  /** The backend's `DISCORD_BOT_API_KEY`. */
  readonly apiKey: string;
  /** The backend's `API_KEY`; the same key when absent. */
  readonly subscriptionsApiKey?: string | undefined;
}

/**
 * The header a path wants. One scheme per path family: `/discord` looks at nothing but Bearer, and elsewhere a Bearer key
 * would be taken for a person's token unless it has exactly 64 characters. Families that ask for nothing get nothing.
 */
export function keyHeaders(path: string, keys: BackendKeys): Readonly<Record<string, string>> {
  if (path.startsWith("/discord/")) return { authorization: `Bearer ${keys.apiKey}` };
  if (path.startsWith("/trading/")) return { "x-api-key": keys.apiKey };
  if (path.startsWith("/subscriptions")) return { "x-api-key": keys.subscriptionsApiKey ?? keys.apiKey };
  return {};
}
