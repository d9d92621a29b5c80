import type { BotProcess } from "../../../src/sandbox/bot-process.ts";

const stalledMs = 10_000;

/** On SIGUSR2 the main thread does nothing else for ten seconds. */
const program = [
  "data:text/javascript,process.on('SIGUSR2',()=>{",
  `console.log(JSON.stringify({level:'info',message:'stalling'}));`,
  `const%20until=Date.now()+${stalledMs};while(Date.now()<until);`,
  `console.log(JSON.stringify({level:'info',message:'goes%20on'}))})`,
].join("");

/** For the environment of a bot that is to be stalled. */
export const stallable = { NODE_OPTIONS: `--import=${program}` };

/** Resolves when the main thread stands still. */
export async function stall(bot: BotProcess): Promise<void> {
  bot.kill("SIGUSR2");
  await bot.logged(({ message }) => message === "stalling");
}
