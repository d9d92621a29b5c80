/** Discord accepts a first callback this long after the interaction was made, ms (`discord-facts.md` 1.1). */
export const acknowledgeWithinMs = 3000;
/** The token for edits and follow-ups lives this long, ms (`discord-facts.md` 1.1). */
export const answerWithinMs = 15 * 60_000;
