import { MessageFlags } from "discord.js";
import { client, run, signalEmbed, subscriptionsEmbed } from "./program.ts";

/** A first bot, as a beginner writes it: the work, then the reply. */
client.on("interactionCreate", async (interaction) => {
  if (!interaction.isChatInputCommand()) return;
  if (interaction.commandName === "subscriptions") {
    const embed = await subscriptionsEmbed(interaction.user.id);
    await interaction.reply({ embeds: [embed], flags: MessageFlags.Ephemeral });
    return;
  }
  const pair = interaction.options.getString("pair", true);
  const timeframe = interaction.options.getString("timeframe") ?? "1h";

  const embed = await signalEmbed(pair, timeframe);
  await interaction.reply({ embeds: [embed] });
});

await run();
