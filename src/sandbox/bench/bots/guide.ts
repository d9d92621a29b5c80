import { type ChatInputCommandInteraction, MessageFlags } from "discord.js";
import { client, run, signalEmbed, subscriptionsEmbed } from "./program.ts";

/** A bot as the discord.js guide teaches it: defer first, edit the reply, and tell the person when something threw. */
client.on("interactionCreate", async (interaction) => {
  if (!interaction.isChatInputCommand()) return;
  try {
    await execute(interaction);
  } catch {
    const content = "There was an error while executing this command!";
    if (interaction.replied || interaction.deferred) {
      await interaction.followUp({ content, flags: MessageFlags.Ephemeral });
    } else {
      await interaction.reply({ content, flags: MessageFlags.Ephemeral });
    }
  }
});

async function execute(interaction: ChatInputCommandInteraction): Promise<void> {
  if (interaction.commandName === "subscriptions") {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    await interaction.editReply({ embeds: [await subscriptionsEmbed(interaction.user.id)] });
    return;
  }
  const pair = interaction.options.getString("pair", true);
  const timeframe = interaction.options.getString("timeframe") ?? "1h";

  await interaction.deferReply();
  const embed = await signalEmbed(pair, timeframe);
  await interaction.editReply({ embeds: [embed] });
}

await run();
