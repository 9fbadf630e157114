// Enough of YAML's look for reading: which part of a line is key, comment, text, or expression.
export interface Token {
  kind: 'key' | 'comment' | 'text' | 'expression' | 'number' | 'plain';
  text: string;
}

function scalars(text: string): Token[] {
  const out: Token[] = [];
  const pattern = /(\{\{.*?\}\})|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|((?:^|\s)#.*$)|(\b(?:true|false|null)\b|(?<![\w.-])-?\d+(?:\.\d+)?(?![\w.-]))/g;
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) out.push({ kind: 'plain', text: text.slice(at, match.index) });
    const kind = match[1] ? 'expression' : match[2] ? (match[0].includes('{{') ? 'expression' : 'text') : match[3] ? 'comment' : 'number';
    out.push({ kind, text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) out.push({ kind: 'plain', text: text.slice(at) });
  return out;
}

export function yamlTokens(line: string): Token[] {
  const key = /^(\s*(?:- +)*)([\w.$-]+|"[^"]*")(:)(?=\s|$)/.exec(line);
  if (!key) return scalars(line);
  return [
    { kind: 'plain', text: key[1]! },
    { kind: 'key', text: key[2]! },
    { kind: 'plain', text: ':' },
    ...scalars(line.slice(key[0].length)),
  ];
}
