/**
 * Everything that comes from outside (people, the backend, Redis) passes through here before it is shown. Mentions are
 * suppressed when sent; here they also lose their looks, so that nobody reads a mention, a link or a time that the bot
 * did not write.
 */

/** Longer input is not looked at beyond this, UTF-16 units: megabytes cost nothing. */
const longestRead = 8192;

/** Format characters (bidi controls, zero width), lone surrogates, private use, and all that shows as nothing. */
const invisible = /[\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;

/** What starts markdown, a mention, a timestamp, an emoji or a link anywhere in a line. */
const special = /[\\*_~`|<>[\]@:#]/g;

/** What starts a list, a quote or small print at the start of a line. */
const lineStart = /^(?=[-+])|^(\d+)(?=[.)])/;

/** One line of text for places without markdown (autocomplete), at most `maxCharacters` code points, cut with an ellipsis. */
export function plainText(text: string, maxCharacters = 200): string {
  const line = text
    .slice(0, longestRead)
    .replace(invisible, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  const characters = [...line];
  if (characters.length <= maxCharacters) return line;
  return `${characters
    .slice(0, maxCharacters - 1)
    .join("")
    .trimEnd()}…`;
}

/** One line of text for messages and embeds, shown as it reads: `maxCharacters` counts what is seen, not the escapes. */
export function escapeText(text: string, maxCharacters = 200): string {
  return plainText(text, maxCharacters).replace(special, "\\$&").replace(lineStart, "$1\\");
}

/** An identifier in a code span, where escapes do not work: anything that is not a plain identifier is only escaped. */
export function codeText(text: string, maxCharacters = 100): string {
  return /^[\w /.:-]+$/.test(text) && text.length <= maxCharacters ? `\`${text}\`` : escapeText(text, maxCharacters);
}
