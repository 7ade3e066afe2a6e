// A command line as words: the server starts programs without a shell, so quotes group and nothing else is special.

export function split_command(text: string): { words: string[]; problem: string | null } {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (quote !== null) {
      if (character === quote) quote = null;
      else if (character === "\\" && quote === '"' && /["\\]/.test(text.charAt(i + 1))) word += text.charAt(++i);
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "\\" && i + 1 < text.length) {
      word = (word ?? "") + text.charAt(++i);
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== null) words.push(word);
  return { words, problem: quote === null ? null : `A ${quote} is not closed.` };
}

export function join_command(words: string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`)).join(" ");
}

// Lines of NAME=value; empty lines are left out.
export function parse_env(text: string): { env: Record<string, string>; problem: string | null } {
  const env: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const equals = line.indexOf("=");
    if (equals < 1) return { env, problem: `“${line.trim()}” is not NAME=value.` };
    env[line.slice(0, equals).trim()] = line.slice(equals + 1);
  }
  return { env, problem: null };
}
