import type { GatewayIntentBits } from "discord-api-types/v10";

/**
 * Interactions and direct messages need none, and without Guilds nothing is held back at the start
 * (`discord-facts.md` 2.6, 2.7).
 */
export const gatewayIntents: readonly GatewayIntentBits[] = [];
