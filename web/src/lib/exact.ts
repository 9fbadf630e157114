// Money must survive JSON: a number with a point has more digits than a double keeps, so it becomes its text.

/** JSON.parse, but numbers with a point or exponent come as text with all their digits. */
export function parseExact(json: string): unknown {
  let out = '';
  let i = 0;
  while (i < json.length) {
    const c = json[i]!;
    if (c === '"') {
      let end = i + 1;
      while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
      out += json.slice(i, end + 1);
      i = end + 1;
    } else if (c === '-' || (c >= '0' && c <= '9')) {
      const number = /^[-+.\deE]+/.exec(json.slice(i, i + 100))![0];
      out += /[.eE]/.test(number) ? `"${number}"` : number;
      i += number.length;
    } else {
      out += c;
      i++;
    }
  }
  return JSON.parse(out);
}
