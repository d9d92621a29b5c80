const howToOpen =
  "In Discord, open the menu of a server we share, choose Privacy Settings, and allow direct messages from server members; if you have blocked this bot, unblock it.";

/**
 * Every sentence a person reads, in English; a translation is another table of the same shape. The functions are given
 * texts that are formatted and escaped already, and add nothing but words.
 */
export const texts = {
  notGiven: "not given",
  notSet: "not set",
  notKnown: "not known",
  unknownPair: "an unknown pair",
  yes: "yes",
  no: "no",
  more: (count: number) => `… and ${count} more`,

  signal: {
    title: { buy: "Buy", sell: "Sell", hold: "Hold", other: "Signal" },
    advice: {
      buy: (strength: string) => `${article(strength)}signal to **buy**`,
      sell: (strength: string) => `${article(strength)}signal to **sell**`,
      hold: (strength: string) => `${article(strength)}signal to **hold**: no trade is suggested now`,
    },
    unknownWord: (word: string) => `The backend says “${word}”, a word this bot does not know: judge for yourself`,
    noWord: "The backend gave no direction: judge for yourself",
    withConfidence: (sentence: string, confidence: string) => `${sentence}; confidence ${confidence}.`,
    withoutConfidence: (sentence: string) => `${sentence}.`,
    strength: { weak: "weak", moderate: "moderate", strong: "strong", very_strong: "very strong" },
    market: { trending: "trending", ranging: "ranging", volatile: "volatile", calm: "calm" },
    mood: { bullish: "bullish", bearish: "bearish", neutral: "neutral" },
    source: { ml_enhanced: "technical analysis with machine learning", technical_analysis: "technical analysis" },
    score: (score: string) => `score ${score}`,
    riskReward: (ratio: string) => `1 : ${ratio}`,
    fields: {
      direction: "Direction",
      strength: "Strength",
      confidence: "Confidence",
      entry: "Entry",
      stopLoss: "Stop loss",
      takeProfit: "Take profit",
      riskReward: "Risk / reward",
      market: "Market",
      sentiment: "Sentiment",
      indicators: "Indicators",
      period: "Period",
      source: "Based on",
      computedAt: "Computed",
      expiresAt: "Valid until",
      riskWarning: "Risk warning",
    },
    riskWarning: "Trading can lose money. This is information, not financial advice.",
    outdated: {
      refreshing: (age: string) => `From ${age}; a newer one is on its way: ask again in some seconds.`,
      busy: (age: string) => `From ${age}: the backend is busy, so there is no newer one. Prices may have moved.`,
      slow: (age: string) => `From ${age}: the backend did not answer in time. Prices may have moved.`,
      failing: (age: string) =>
        `From ${age}: the backend is in trouble, so there is no newer one. Prices may have moved.`,
    },
  },

  scan: {
    progress: (timeframe: string, bar: string, done: number, total: number) =>
      `Scanning on ${timeframe}: ${bar} ${done} of ${total}`,
    waiting: (when: string) =>
      `The trading backend answers only so many questions in a while; this goes on by itself ${when}.`,
    title: (count: number, timeframe: string) => `${count === 1 ? "1 pair" : `${count} pairs`} on ${timeframe}`,
    none: "There is no signal to rank.",
    line: (rank: number, what: string, figures: readonly string[]) =>
      `**${rank}. ${what}**${figures.length === 0 ? "" : `: ${figures.join(", ")}`}`,
    at: (what: string, price: string) => `${what} at ${price}`,
    word: (what: string, word: string) => `${what} “${word}”`,
    oldest: (age: string) => `The oldest of these is from ${age}. Details: \`/signal\`.`,
    outdatedLine: (line: string, age: string) => `${line}, from ${age}`,
    fields: { outdated: "Out of date, not ranked", noData: "No market data", failed: "Not known" },
    failedLine: (pair: string, why: string) => `${pair}: ${why}`,
    why: {
      busy: "the backend is busy",
      down: "the backend cannot be reached",
      slow: "the backend did not answer in time",
      refused: "the backend refused the request",
      badAnswer: "the backend's answer makes no sense",
      other: "the bot could not ask for it",
    },
  },

  notification: {
    headline: (direction: string, pair: string, entry: string | undefined) =>
      entry === undefined ? `${direction} ${pair}` : `${direction} ${pair} at ${entry}`,
    was: (headline: string, before: string) => `${headline} (was ${before})`,
    updated: (content: string) => `Updated: ${content}`,
    several: (count: number, headlines: readonly string[]) => `${count} signals: ${headlines.join(", ")}`,
    changed: (before: string, at: string | undefined, now: string) =>
      `Was **${before}**${at === undefined ? "" : ` (${at})`}, now **${now}**.`,
    still: (now: string, at: string | undefined) =>
      `Still **${now}**${at === undefined ? "" : `, as ${at}`}; the figures are new.`,
    when: "When",
    ageUnknown: "The signal does not say when it was computed.",
    late: "Late",
    waited: (duration: string) => `It waited ${duration} before it could be sent.`,
    buttons: {
      openPosition: "Open position",
      muteHour: "Mute 1 hour",
      muteDay: "Mute 1 day",
      fewer: "Fewer like this",
      unsubscribe: (pair: string) => `Unsubscribe ${pair}`,
      openOne: "Open a position…",
      less: "Fewer of these, or none…",
      fewerOf: (what: string) => `Fewer like ${what}: strong ones only`,
      noneOf: (pair: string) => `Unsubscribe ${pair}`,
    },
    unusable:
      "This button or choice cannot be used any more. The same is done by `/position open`, `/notifications` and `/unsubscribe`.",
  },

  rules: {
    title: "How signals reach you",
    hint: "Change it with `/notifications quiet`, `mute` and `fewer_off`, with `/preferences`, or with the buttons below each signal.",
    fields: {
      directMessages: "Direct messages",
      quietHours: "Quiet hours",
      muted: "Muted",
      minConfidence: "Minimum confidence",
      strongOnly: "Strong signals only",
      fewer: "Fewer",
    },
    none: "none",
    reaching: "signals are sent to you",
    stopped: (since: string | undefined, why: string) =>
      `stopped${since === undefined ? "" : ` ${since}`}: ${why} When that is mended, use \`/notifications resume\`.`,
    quietHours: (from: string, to: string, timeZone: string, strongPasses: boolean) =>
      `${from} to ${to} in ${timeZone}; strong signals ${strongPasses ? "come at once" : "wait too"}`,
    mutedUntil: (until: string) => `until ${until}`,
    fewerOf: (pair: string, timeframe: string | undefined) =>
      `${timeframe === undefined ? pair : `${pair} (${timeframe})`}: strong signals only`,

    quietSet: (hours: string, now: string) =>
      `Your quiet hours are set: ${hours}. It is ${now} there now. What waits comes when they end, the newest of each pair. To end them for good: \`/notifications quiet_off\`.`,
    quietOff: "Your quiet hours are off: signals come as they are published.",
    hadNoQuietHours: "You had no quiet hours, so nothing has changed. Set some with `/notifications quiet`.",
    muteSet: (until: string) =>
      `You are muted until ${until}. What comes meanwhile waits until then, the newest of each pair. To end it now: \`/notifications unmute\`.`,
    unmuted: "You are no longer muted: signals come as they are published.",
    wasNotMuted: "You were not muted, so nothing has changed.",
    fewerSet: (what: string) =>
      `Of ${what} you now get strong signals only. To get all again: \`/notifications fewer_off\`. To see what you chose: \`/notifications show\`.`,
    fewerFull:
      "You asked for fewer of so many kinds already that there is no room for more. Try `/preferences` instead.",
    fewerOff: (pair: string) => `You get all signals for ${pair} again.`,
    fewerOffAll: "You get all signals again, where you had asked for fewer.",
    hadNoFewer: "You had not asked for fewer, so nothing has changed.",

    timeZoneLabel: (zone: string, now: string) => `${zone} (${now} now)`,
    time: (option: string, example: string) =>
      `${option} must be a time of day, for example ${example}, on the clock of your time zone.`,
    timeZone: (typed: string) =>
      `“${typed}” is not a time zone. Choose one from the suggestions, for example Asia/Taipei or America/New_York.`,
    sameTimes: "from and to are the same time, so there would be no quiet hours. For example from 22:00 to 07:00.",
    tooLong: (hours: number) =>
      `Quiet hours can last ${hours} hours a day at most. To get nothing for a while, use \`/notifications mute\`.`,
    notMirrored:
      "Signals may still be chosen as before for a while, because the bot's own memory could not be reached. Use `/preferences` again in some minutes.",

    resumed: "A test message is in your direct messages: signals reach you.",
    stillClosed: `I cannot write to you: your direct messages are closed to me. ${howToOpen} Then use \`/notifications resume\` again.`,
    notTested:
      "Signals are sent to you again, but the test message could not be sent just now. If none arrives, use `/notifications resume` again later.",
    testTitle: "Signals reach you here",
    test: "This is the test message you asked for. What you get and when: `/notifications show`.",
    whyClosed: "your direct messages are closed to the bot, or you blocked it.",
    whyNoServer: "you share no server with the bot any more.",
    notice: (since: string | undefined, why: string) =>
      `Signals are no longer sent to you${since === undefined ? "" : ` since ${since}`}: ${why} When that is mended, use \`/notifications resume\`.`,
    publicNotice: "For you: `/notifications show` has something to tell you about your signals.",
  },

  history: {
    title: "What was sent to you",
    titleOfPair: (pair: string) => `What was sent to you for ${pair}`,
    none: "Nothing was sent to you yet. Signals come as direct messages for what you `/subscribe` to.",
    noneOfPair: (pair: string) => `Nothing was sent to you for ${pair} yet. To get its signals: \`/subscribe\`.`,
    sent: (at: string, editedAt: string | undefined) => (editedAt === undefined ? at : `${at}, changed ${editedAt}`),
    signal: (what: string, figures: readonly string[]) => [what, ...figures].join(", "),
    at: (what: string, price: string) => `${what} at ${price}`,
    stop: (price: string) => `stop ${price}`,
    target: (price: string) => `target ${price}`,
    confidence: (confidence: string) => `confidence ${confidence}`,
  },

  signalChange: {
    andMore: (count: number) => `and ${count} more`,
    /** Small print: by it the message is found again. */
    reference: (key: string) => `Reference ${key}`,
  },

  position: {
    form: {
      title: (what: string) => `Open: ${what}`,
      entry: "Entry price",
      size: "Size",
      sizeHint: (currency: string) => `How many ${currency}, for example 1000`,
      stopLoss: "Stop loss",
      takeProfit: "Take profit",
      notes: "Notes",
    },
    buy: "Buy",
    sell: "Sell",
    opened: (what: string) => `Position opened: ${what}`,
    closed: (what: string) => `Position closed: ${what}`,
    listTitle: (count: number) => (count === 1 ? "1 open position" : `${count} open positions`),
    listOfPair: (title: string, pair: string) => `${title} in ${pair}`,
    none: "You have no open positions. Open one with `/position open`.",
    noneInPair: (pair: string) => `You have no open positions in ${pair}.`,
    newestOnly: (shown: number, total: number) =>
      `The newest ${shown} of ${total}. See those of one pair with \`/position list pair\`.`,
    entry: (price: string) => `Entry ${price}`,
    size: (size: string) => `size ${size}`,
    stopLoss: (price: string) => `stop loss ${price}`,
    takeProfit: (price: string) => `take profit ${price}`,
    openedAt: (time: string) => `Opened ${time}`,
    label: (what: string, entry: string, size: string | undefined, openedAt: string | undefined) =>
      [`${what} at ${entry}`, size && `size ${size}`, openedAt && `opened ${openedAt}`].filter(Boolean).join(", "),
    profit: (amount: string) => `Profit: ${amount}`,
    loss: (amount: string) => `Loss: ${amount}`,
    even: "No profit and no loss",
    percent: (percent: string) => `${percent} %`,
    pips: (pips: string) => `${pips} pips`,
    sizeUnknown: "The size of this position is not known to the bot, so there is no amount.",
    fields: {
      entry: "Entry",
      exit: "Exit",
      size: "Size",
      stopLoss: "Stop loss",
      takeProfit: "Take profit",
      notes: "Notes",
      result: "Result",
      id: "Position",
    },
    howToClose: (id: string) => `${id}\nClose it with \`/position close\`.`,
    notOpened:
      "The bot was interrupted before this position was opened, and nothing was recorded. Please use the command again.",
    notClosed:
      "The bot was interrupted before this position was closed: it is still open. Please use the command again.",
    closedAfterAll:
      "The bot was interrupted while it closed this position. It is no longer open; see what is with `/position list`.",
    notFound:
      "You have no open position with this id. Choose one from the suggestions of `position_id`, or look with `/position list`.",
    stopLossSide: (action: "buy" | "sell", entry: string, example: string) =>
      `A ${action} at ${entry} needs its stop_loss ${action === "buy" ? "below" : "above"} ${entry}, for example ${example}.`,
    takeProfitSide: (action: "buy" | "sell", entry: string, example: string) =>
      `A ${action} at ${entry} needs its take_profit ${action === "buy" ? "above" : "below"} ${entry}, for example ${example}.`,
    priceRange: (option: string, lowest: string, highest: string, example: string) =>
      `${option} must be a price from ${lowest} to ${highest}, for example ${example}.`,
    sizeRange: (example: string) => `size must be a number above 0, for example ${example}.`,
    notesLength: (most: number, given: number) =>
      `notes can have at most ${most} characters, for example “breakout above the weekly high”; yours have ${given}.`,
  },

  preferences: {
    title: "Your preferences",
    saved: "Your preferences are saved",
    hint: "They decide which signals are sent to you. Change one with its option, for example `/preferences min_confidence:0.7`.",
    riskLevel: "Risk level",
    riskLevelValue: (level: number) => `${level} of 10`,
    tradingStyle: "Trading style",
    styles: { trend: "trend", "counter-trend": "counter-trend", mixed: "mixed" },
    minConfidence: "Minimum confidence",
    strongSignalsOnly: "Strong signals only",
    riskLevelRange: (example: string) => `risk_level must be a whole number from 1 to 10, for example ${example}.`,
    minConfidenceRange: (example: string, percent: string) =>
      `min_confidence must be a number from 0 to 1, for example ${example} for ${percent}.`,
  },

  subscription: {
    types: { all: "all signals", buy: "buy signals", sell: "sell signals", strong: "strong signals" },
    subscribed: (pair: string, type: string) => `You are subscribed to ${pair}: ${type}, as direct messages.`,
    confirmationSent: "A confirmation is in your direct messages.",
    directMessagesClosed: `But I cannot write to you: your direct messages are closed to me. ${howToOpen} The subscription is kept; then use \`/notifications resume\`, which sends a test message.`,
    confirmationFailed:
      "The confirmation could not be sent to you just now. The subscription is kept; if no signals arrive, check that your direct messages are open.",
    confirmationTitle: (pair: string) => `Subscribed to ${pair}`,
    confirmation: (pair: string, type: string, howToStop: string) =>
      `Here you will get ${type} for ${pair}, as they come.\nTo stop: ${howToStop} To see all: \`/subscriptions\`.`,
    stopPair: (pair: string) => `\`/unsubscribe pair:${pair}\`.`,
    stopAny: "`/unsubscribe pair` with the pair you no longer want.",
    unsubscribed: (pair: string) => `You are no longer subscribed to ${pair}.`,
    unsubscribedAll: (count: number) =>
      count === 1
        ? "Your one subscription is removed: no more signals."
        : `All ${count} subscriptions are removed: no more signals.`,
    wasNotSubscribed: (pair: string) =>
      `You were not subscribed to ${pair}, so nothing has changed. See yours with \`/subscriptions\`.`,
    hadNone: "You had no subscriptions, so nothing has changed.",
    title: (count: number) => (count === 1 ? "1 subscription" : `${count} subscriptions`),
    line: (pair: string, type: string, since: string | undefined) =>
      `**${pair}**: ${type}${since === undefined ? "" : `, since ${since}`}`,
    none: "You have no subscriptions. Start one with `/subscribe`, for example `/subscribe pair:EUR/USD`.",
  },

  ping: {
    title: "Here",
    age: "Reached the bot",
    ageValue: (duration: string) => `${duration} after you sent it`,
    clockBehind: (duration: string) => `not measurable: the bot's clock is at least ${duration} behind Discord's`,
    ack: "Acknowledged",
    ackValue: (duration: string) => `${duration} later`,
    gateway: "Gateway",
    gatewayValue: (duration: string) => `${duration} there and back`,
    notMeasured: "not measured yet",
    backend: "Backend",
    backendState: { up: "up", busy: "up, but busy: some requests have to wait", down: "down" },
    backendValue: (state: string, latency: string, age: string) => `${state} (${latency}, seen ${age} ago)`,
    redis: "Redis",
    redisState: { up: "up", down: "down: commands work, signals arrive when it is back" },
  },

  input: {
    pair: (typed: string) =>
      `“${typed}” is not a currency pair. Write its two currencies, for example EUR/USD, eurusd or eur-usd.`,
    pairMissing: "pair is needed: write two currencies, for example EUR/USD.",
    pairs: (unreadable: readonly string[], more: number) =>
      `${unreadable.map((word) => `“${word}”`).join(", ")}${more === 0 ? "" : ` and ${more} more`} cannot be read as currency pairs. Separate pairs by commas or spaces, for example EUR/USD, gbpusd usd-jpy.`,
    noPairs: "pairs names no pair. Separate pairs by commas or spaces, for example EUR/USD, gbpusd usd-jpy.",
    tooManyPairs: (most: number, given: number) =>
      `pairs can name ${most} pairs at most; yours are ${given}. Leave it out for all pairs of the backend.`,
    oneOf: (option: string, accepted: string, example: string) =>
      `${option} must be one of ${accepted}, for example ${example}.`,
    flag: (option: string) => `${option} must be True or False, for example True.`,
    text: (option: string) => `${option} must be a text.`,
  },

  /** What the interaction layer says by itself. */
  interaction: {
    unknownCommand: "The bot no longer knows this. Reload Discord (Ctrl+R, or restart the app) and try again.",
    onlyForYou: "The answer is for one person only.",
    answerMayBeLost:
      "The answer was for one person only, and Discord did not confirm that it arrived. If you cannot see it, please ask again.",
    outcomeUnknown: (command: string | undefined) =>
      `The bot was interrupted in the middle of ${command === undefined ? "this" : `\`/${command}\``}, and it is not known whether it was done. Look before you repeat it.`,
    goesOnElsewhere:
      "The bot is being restarted. Your answer comes here as soon as it is back; should it not come within a quarter of an hour, ask again.",
    answerFollowsDirectly:
      "This takes longer than Discord keeps a message open: the answer will come as a direct message.",
    overAllowance: (
      { allowance, mostPerMinute }: { readonly allowance: string; readonly mostPerMinute: number },
      goOn: string,
    ) =>
      `A little slower, please: ${usesPerMinute(allowance, mostPerMinute)}, so that the bot is quick for everybody. You can go on ${goOn}.`,
    arrivedTooLate: "Discord delivered your command too late to answer it in place, so here is the answer:",
    tookTooLong: "This took longer than Discord keeps a message open, so here is the answer:",
    plainFailure: (reference: string) => `Sorry, the answer could not be shown. Reference: ${reference}`,
  },

  failure: {
    busy: (wait: string | undefined) =>
      `The trading backend is busy: it answers only so many questions in a while. Try again in ${wait ?? "a few minutes"}.`,
    down: "The trading backend cannot be reached at the moment. Try again in a few minutes.",
    slow: "The trading backend did not answer in time. Try again in a minute; if you were changing something, first look whether it was done.",
    refused:
      "The trading backend refused the bot's request. Trying again does not help: whoever runs the bot has to mend it.",
    unknownPair:
      "The trading backend has no market data for this pair. Choose one of the pairs suggested while you type.",
    notFound: "The trading backend no longer knows what you asked for. Look at the list again and choose from it.",
    conflict: "The trading backend has something else in that place already. Look at what is there, then try again.",
    badAnswer:
      "The trading backend gave an answer that makes no sense. If you were changing something, first look whether it was done.",
    ourFault:
      "The bot asked the trading backend in a wrong way. This is a mistake in the bot; whoever runs it can find it in the log.",
    aborted:
      "This was stopped before it was finished. If you were changing something, look whether it was done; then try again.",
    storeDown:
      "The bot's own memory cannot be reached at the moment. Try again in a minute; if you were changing something, first look whether it was done.",
    unexpected:
      "Sorry, something went wrong in the bot. If you were changing something, look whether it was done; then try again.",
    reference: (sentence: string, reference: string) => `${sentence}\nReference: ${reference}`,
  },
};

function usesPerMinute(allowance: string, most: number): string {
  const times = most === 1 ? "once" : `${most} times`;
  switch (allowance) {
    case "buttons":
      return `buttons, menus and forms can be used ${times} a minute`;
    case "stops":
      return `\`/unsubscribe\` and \`/notifications\` can be used ${times} a minute`;
    default:
      return `commands can be used ${times} a minute`;
  }
}

/** "A strong ", "An unusual ", "A " when the strength is missing. */
function article(strength: string): string {
  if (strength === "") return "A ";
  return `${/^[aeiou]/i.test(strength) ? "An" : "A"} ${strength} `;
}
