import { client, run, signalEmbed } from "./program.ts";

/** A first bot, as a beginner writes it: the work, then the reply. */
client.on("interactionCreate", async (interaction) => {
  if (!interaction.isChatInputCommand()) return;
  const pair = interaction.options.getString("pair", true);
  const timeframe = interaction.options.getString("timeframe") ?? "1h";

  const embed = await signalEmbed(pair, timeframe);
  await interaction.reply({ embeds: [embed] });
});

await run();
