// Inline Markdown: emphasis, code, links and line breaks, as DOM nodes. Texts go in as text nodes
// only, and the time is linear in the length of the text, whatever it is.

/** Texts that are longer are shown as they are. */
const LONGEST = 50_000;
/** How deep emphasis may be nested. */
const DEEPEST = 16;
const SPECIAL = /[\\`*_~[\]<&\n]|https?:\/\//g;
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", nbsp: '\u00a0' };
const ENTITY = /&(amp|lt|gt|quot|apos|#39|nbsp);/y;
const DESTINATION =
  /\(\s*(?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)?))(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\s*\)/y;
const ADDRESS = /<((?:https?:\/\/|mailto:)[^\s<>]*)>/y;
const BARE = /https?:\/\/[^\s<>"`]+/y;
const BREAK = /<br\s?\/?>/iy;
const SPACE = /\s/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;

/** The nodes of a text. */
export function inline(text) {
  const out = document.createDocumentFragment();
  if (text.length > LONGEST) out.append(text);
  else new Inline(text, out).run();
  return out;
}

/** A link that leads out, or null where the address is of a kind that is not opened. */
function link(target, children) {
  let url;
  try {
    url = new URL(target);
  } catch {
    return null;
  }
  if (!['http:', 'https:', 'mailto:'].includes(url.protocol)) return null;
  const a = document.createElement('a');
  a.href = url.href;
  a.target = '_blank';
  a.rel = 'noopener noreferrer';
  a.append(...children);
  return a;
}

class Inline {
  constructor(text, out) {
    Object.assign(this, { text, out, at: 0, delimiters: [], brackets: [], runs: null });
  }

  run() {
    const { text } = this;
    while (this.at < text.length) {
      SPECIAL.lastIndex = this.at;
      const found = SPECIAL.exec(text)?.index ?? text.length;
      if (found > this.at) this.put(text.slice(this.at, found));
      this.at = found;
      if (found < text.length) this.special(text[found]);
    }
    this.emphasize(0);
  }

  special(c) {
    if (c === '\\') this.escape();
    else if (c === '`') this.code();
    else if (c === '*' || c === '_' || c === '~') this.delimiter(c);
    else if (c === '[') this.open();
    else if (c === ']') this.close();
    else if (c === '<') this.angle();
    else if (c === '&') this.entity();
    else if (c === '\n') this.newline();
    else this.bare();
  }

  put(text, length = 0) {
    const node = document.createTextNode(text);
    this.out.append(node);
    this.at += length;
    return node;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  escape() {
    const next = this.text[this.at + 1] ?? '';
    if (/[!-/:-@[-`{-~]/.test(next)) this.put(next, 2);
    else if (next === '\n') this.at += 1;
    else this.put('\\', 1);
  }

  newline() {
    this.out.append(document.createElement('br'));
    this.at += 1;
    while (this.text[this.at] === ' ') this.at += 1;
  }

  /** Code ends at the next run of as many backticks; the runs are looked for once. */
  code() {
    this.runs ??= backticks(this.text);
    let end = this.at;
    while (this.text[end] === '`') end += 1;
    const length = end - this.at;
    const places = this.runs.get(length) ?? [];
    while (places.length && places[places.length - 1] < end) places.pop();
    if (!places.length) {
      this.put('`'.repeat(length), length);
      return;
    }
    const close = places[places.length - 1];
    let inner = this.text.slice(end, close).replaceAll('\n', ' ');
    if (inner.startsWith(' ') && inner.endsWith(' ') && inner.trim()) inner = inner.slice(1, -1);
    const code = document.createElement('code');
    code.textContent = inner;
    this.out.append(code);
    this.at = close + length;
  }

  delimiter(c) {
    const { text } = this;
    let end = this.at;
    while (text[end] === c) end += 1;
    const count = end - this.at;
    const before = text[this.at - 1] ?? ' ';
    const after = text[end] ?? ' ';
    const spaceBefore = SPACE.test(before);
    const spaceAfter = SPACE.test(after);
    const left = !spaceAfter && (!PUNCTUATION.test(after) || spaceBefore || PUNCTUATION.test(before));
    const right = !spaceBefore && (!PUNCTUATION.test(before) || spaceAfter || PUNCTUATION.test(after));
    const within = c === '_';
    const node = this.put(text.slice(this.at, end), count);
    if (c === '~' && count !== 2) return;
    const opens = within ? left && (!right || PUNCTUATION.test(before)) : left;
    const closes = within ? right && (!left || PUNCTUATION.test(after)) : right;
    if (opens || closes) this.delimiters.push({ c, count, node, opens, closes, was: count, inner: 0 });
  }

  /** Pairs up the delimiters from the given one on (CommonMark's way, with its bottoms). */
  emphasize(from) {
    const waiting = [];
    const bottoms = new Map();
    for (const closer of this.delimiters.splice(from)) {
      while (closer.closes && closer.count > 0) {
        const key = `${closer.c}${closer.opens}${closer.was % 3}`;
        const bottom = bottoms.get(key) ?? 0;
        let at = waiting.length - 1;
        while (at >= bottom && !pairs(waiting[at], closer)) at -= 1;
        if (at < bottom) {
          bottoms.set(key, waiting.length);
          break;
        }
        const opener = waiting[at];
        // How deep it is between the two: what is passed over is dropped, so each is asked once.
        let depth = 0;
        for (const { inner } of waiting.splice(at)) depth = Math.max(depth, inner);
        if (opener.count > widthOf(opener, closer)) waiting.push(opener);
        const around = waiting.at(-1);
        if (around) around.inner = Math.max(around.inner, depth + 1);
        for (const [name, bottomAt] of bottoms) bottoms.set(name, Math.min(bottomAt, waiting.length));
        wrap(opener, closer, depth);
      }
      if (closer.opens && closer.count > 0) waiting.push(closer);
    }
  }

  open() {
    const node = this.put('[', 1);
    this.brackets.push({ node, delimiters: this.delimiters.length });
  }

  close() {
    const opener = this.brackets.pop();
    this.at += 1;
    const found = opener && this.match(DESTINATION);
    const target = found && (found[1] ?? found[2]);
    const a = target ? link(target, []) : null;
    if (!a) {
      this.put(']');
      return;
    }
    this.at += found[0].length;
    this.emphasize(opener.delimiters);
    const { node } = opener;
    // Pictures are not fetched: they become links.
    const picture = node.previousSibling;
    if (picture?.nodeType === Node.TEXT_NODE && picture.data.endsWith('!')) {
      picture.data = picture.data.slice(0, -1);
    }
    while (node.nextSibling) a.append(node.nextSibling);
    for (const inner of a.querySelectorAll('a')) inner.replaceWith(...inner.childNodes);
    if (!a.textContent) a.append(target);
    node.replaceWith(a);
    // Links hold no links, so nothing that is open before this one can become one.
    this.brackets = [];
  }

  angle() {
    const line = this.match(BREAK);
    if (line) {
      this.out.append(document.createElement('br'));
      this.at += line[0].length;
      return;
    }
    const found = this.match(ADDRESS);
    const a = found && link(found[1], [found[1]]);
    if (!a) {
      this.put('<', 1);
      return;
    }
    this.out.append(a);
    this.at += found[0].length;
  }

  entity() {
    const found = this.match(ENTITY);
    if (found) this.put(ENTITIES[found[1]], found[0].length);
    else this.put('&', 1);
  }

  /** An address in the running text, without the punctuation behind it. */
  bare() {
    const [whole] = this.match(BARE) ?? [this.text[this.at]];
    let end = whole.length;
    let open = 0;
    for (const c of whole) open += c === '(' ? 1 : c === ')' ? -1 : 0;
    while (end > 0 && /[.,;:!?*_~'\])}]/.test(whole[end - 1])) {
      if (whole[end - 1] === ')') {
        if (open >= 0) break;
        open += 1;
      }
      end -= 1;
    }
    const target = whole.slice(0, end);
    const a = end > 8 ? link(target, [target]) : null;
    if (a) this.out.append(a);
    else this.put(target);
    this.at += end || 1;
  }
}

/** Where the runs of backticks begin, by their length, last first. */
function backticks(text) {
  const runs = new Map();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const places = runs.get(run.length);
    if (places) places.push(index);
    else runs.set(run.length, [index]);
  }
  for (const places of runs.values()) places.reverse();
  return runs;
}

function pairs(opener, closer) {
  if (opener.c !== closer.c) return false;
  const both = opener.closes || closer.opens;
  return !(both && (opener.was + closer.was) % 3 === 0 && (opener.was % 3 || closer.was % 3));
}

const widthOf = (opener, closer) => (opener.count >= 2 && closer.count >= 2 ? 2 : 1);

/** Puts what stands between two delimiters into an element, and takes off their characters. */
function wrap(opener, closer, depth) {
  const width = widthOf(opener, closer);
  for (const end of [opener, closer]) end.count -= width;
  // What is nested deeper than anybody writes stays as it is.
  if (depth >= DEEPEST) return;
  const name = opener.c === '~' ? 'del' : width === 2 ? 'strong' : 'em';
  const element = document.createElement(name);
  while (opener.node.nextSibling !== closer.node) element.append(opener.node.nextSibling);
  for (const end of [opener, closer]) end.node.data = end.c.repeat(end.count);
  closer.node.before(element);
}
