/** Names from an option's text: separated by commas, blanks around them do not count. */
export const namesIn = (text: string): readonly string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
