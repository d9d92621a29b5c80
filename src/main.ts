import { fileURLToPath } from "node:url";
import { loadCompiled } from "./code-cache.ts";

/** `run-bot.ts` and everything it imports, in one file that the build puts beside this one. */
const bundle = fileURLToPath(new URL("./bot.cjs", import.meta.url));

const bot = loadCompiled(bundle);
if (!hasRunBot(bot)) throw new Error(`${bundle} is not the bot: npm run build`);
await bot.runBot();

function hasRunBot(exported: unknown): exported is typeof import("./run-bot.ts") {
  return typeof exported === "object" && exported !== null && "runBot" in exported;
}
