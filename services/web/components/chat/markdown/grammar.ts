// The Markdown that we read: marked's of GitHub, with formulas, and with marks that need no spaces beside Chinese,
// Japanese and Korean. It only finds what is what; elements.tsx and tree.tsx make of it what is shown.

import { Marked, type Token, Tokenizer, type TokensList } from "marked";

export interface FormulaToken {
  type: "formula" | "formulaLine";
  raw: string;
  tex: string;
}

const WIDE =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\u3000-\\u303f\\uff00-\\uffef]";
const IS_WIDE = new RegExp(`^${WIDE}`, "u");
/** Punctuation that would keep `**` from ending or beginning there, were it not for the character beyond. */
const HINDERING = new RegExp(
  `(?![*~])\\p{P}(?=(?:\\*+|~~?)${WIDE})|(?<=${WIDE}(?:\\*+|~~?))(?![*~])\\p{P}`,
  "gu",
);
const WIDE_PUNCTUATION = /[\u3001-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]/;
/** Characters of a paragraph; each of its marks looks for its other half in all that follows. */
const LONGEST_LINE = 5_000;
const FORMULA_LINES = /^ {0,3}\$\$[ \t]*\n([\s\S]*?)(?:\n[ \t]*\$\$[ \t]*(?:\n+|$)|$)/;
const FORMULA = /^\$\$(?!\$)([^\n]+?)\$\$(?!\$)/;

const { emStrong, del, url } = Tokenizer.prototype;
const unhindered = unhinderedOnce();

const marked = new Marked({
  tokenizer: {
    emStrong(text, masked, before = "") {
      if (text[0] !== "*") return emStrong.call(this, text, masked, before);
      return emStrong.call(this, text, unhindered(masked), besideWide(before));
    },
    del(text, masked, before = "") {
      return del.call(this, text, unhindered(masked), besideWide(before));
    },
    url(text) {
      const end = text.search(WIDE_PUNCTUATION);
      return url.call(this, end < 0 ? text : text.slice(0, end));
    },
  },
  extensions: [
    {
      name: "formula",
      level: "block",
      start: (text) => /(?:^|\n) {0,3}\$\$[ \t]*\n/.exec(text)?.index,
      tokenizer(text) {
        const found = FORMULA_LINES.exec(text);
        return found ? { type: "formula", raw: found[0], tex: found[1]?.trim() ?? "" } : undefined;
      },
    },
    {
      name: "formulaLine",
      level: "inline",
      start: (text) => text.indexOf("$$"),
      tokenizer(text) {
        const found = FORMULA.exec(text);
        const tex = found?.[1]?.trim();
        return found && tex ? { type: "formulaLine", raw: found[0], tex } : undefined;
      },
    },
  ],
});

/** What the text is made of, block by block, and in `links` where its references lead. */
export function parse(text: string): TokensList {
  try {
    return marked.lexer(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // marked calls itself once a level: what is nested some thousand deep is shown as it was written
    const whole: Token = { type: "html", raw: text, text, pre: false, block: true };
    return Object.assign([whole], { links: {} });
  }
}

/** It is asked for again at each mark of a line. */
function unhinderedOnce(): (masked: string) => string {
  let known = "";
  let found = "";
  return (masked) => {
    if (masked.length > LONGEST_LINE) return masked;
    if (masked !== known) {
      known = masked;
      found = masked.replace(HINDERING, (mark) => "x".repeat(mark.length));
    }
    return found;
  };
}

function besideWide(before: string): string {
  return IS_WIDE.test(before) ? "" : before;
}
