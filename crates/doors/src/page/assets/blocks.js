// The blocks of Markdown: paragraphs, headings, lists, quotes, code, tables and rules, as DOM nodes.
// Each line is looked at a bounded number of times on each of a bounded number of levels.

import { el, icon } from './dom.js';
import { inline } from './inline.js';

/** How deep lists and quotes may be nested; what is deeper is text. */
const DEEPEST = 10;
const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:( +)(?=\S)| *$)/;
const TABLE = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** The lines of a text; what tabs at the beginning mean is written out. */
export function linesOf(text) {
  return text.split('\n').map((line) => {
    const plain = line.endsWith('\r') ? line.slice(0, -1) : line;
    return plain.replace(/^[ ]*\t[ \t]*/, (tabs) => tabs.replaceAll('\t', '    '));
  });
}

/** The blocks one after another: each with its node, and the line at which it begins. */
export function* blocks(lines, depth = 0) {
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [node, next] = block(lines, at, depth);
    yield { node, start: at };
    at = next;
  }
}

function block(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line)) return fence(lines, at);
  if (HEADING.test(line)) return [heading(line), at + 1];
  if (RULE.test(line)) return [el('hr'), at + 1];
  if (depth < DEEPEST) {
    if (QUOTE.test(line)) return quote(lines, at, depth);
    if (ITEM.test(line)) return list(lines, at, depth);
  }
  if (isTable(lines, at)) return table(lines, at);
  return paragraph(lines, at, depth);
}

function beginsBlock(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line) || HEADING.test(line) || RULE.test(line)) return true;
  if (depth < DEEPEST && (QUOTE.test(line) || interrupts(line))) return true;
  return isTable(lines, at);
}

/** A number in the middle of a text is no list, unless it is the first. */
function interrupts(line) {
  const item = ITEM.exec(line);
  return Boolean(item?.[3]) && (!/\d/.test(item[2]) || /^1[.)]/.test(item[2]));
}

function paragraph(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !beginsBlock(lines, end, depth)) end += 1;
  const text = lines.slice(at, end).map((line) => line.trim());
  return [el('p', {}, inline(text.join('\n'))), end];
}

function heading(line) {
  const [prefix, marks] = HEADING.exec(line);
  let text = line.slice(prefix.length).trim();
  let end = text.length;
  while (text[end - 1] === '#') end -= 1;
  if (end === 0 || text[end - 1] === ' ') text = text.slice(0, end).trim();
  // The page and the speaker have the headings above.
  const level = Math.min(marks.length + 2, 6);
  return el(`h${level}`, { class: `h${marks.length}` }, inline(text));
}

function fence(lines, at) {
  const [, marks, info] = FENCE.exec(lines[at]);
  const indent = lines[at].indexOf(marks[0]);
  let end = at + 1;
  while (end < lines.length && !closes(lines[end], marks)) end += 1;
  const strip = (line) => line.slice(Math.min(indent, line.length - line.trimStart().length));
  const text = lines.slice(at + 1, end).map(strip).join('\n');
  return [codeBlock(text, info.trim().split(/\s/, 1)[0].slice(0, 30)), end + 1];
}

function closes(line, marks) {
  const text = line.trim();
  if (text.length < marks.length || line.length - line.trimStart().length > 3) return false;
  return text.startsWith(marks) && text.split(marks[0]).join('') === '';
}

function codeBlock(text, language) {
  const button = el('button', { type: 'button', class: 'copy', 'data-act': 'copy' }, icon('copy'), el('span', {}, 'Copy'));
  button.setAttribute('aria-label', language ? `Copy the ${language} code` : 'Copy the code');
  const bar = el('figcaption', {}, el('span', {}, language || 'text'), button);
  const label = language ? `${language} code` : 'code';
  const pre = el('pre', { tabindex: '0', role: 'region', 'aria-label': label }, el('code', {}, text));
  return el('figure', { class: 'code' }, bar, pre);
}

function quote(lines, at, depth) {
  const inner = [];
  let end = at;
  while (end < lines.length) {
    const line = lines[end];
    if (QUOTE.test(line)) inner.push(line.replace(QUOTE, ''));
    else if (line.trim() && inner.at(-1)?.trim() && !beginsBlock(lines, end, depth)) inner.push(line);
    else break;
    end += 1;
  }
  return [el('blockquote', {}, ...nodes(inner, depth + 1)), end];
}

const nodes = (lines, depth) => Array.from(blocks(lines, depth), ({ node }) => node);

const indentOf = (line) => line.length - line.trimStart().length;

/** What kind of list an item belongs to: items of another kind begin another list. */
const kindOf = (marker) => marker.at(-1);

function list(lines, at, depth) {
  const [, , marker] = ITEM.exec(lines[at]);
  const items = [];
  let end = at;
  let loose = false;
  while (end < lines.length) {
    const item = ITEM.exec(lines[end]);
    if (!item || kindOf(item[2]) !== kindOf(marker) || RULE.test(lines[end])) break;
    const { inner, next, blank } = itemLines(lines, end, item, depth);
    items.push(inner);
    const goesOn = next < lines.length && kindOf(ITEM.exec(lines[next])?.[2] ?? ' ') === kindOf(marker);
    loose ||= blank && goesOn;
    end = next;
  }
  const ordered = /\d/.test(marker);
  const start = ordered && Number.parseInt(marker, 10) !== 1 ? Number.parseInt(marker, 10) : null;
  const element = el(ordered ? 'ol' : 'ul', { start });
  for (const inner of items) element.append(listItem(inner, loose, depth));
  return [element, end];
}

/** The lines of one item without its indentation, up to the next item or the end of the list. */
function itemLines(lines, at, [, indent, marker, spaces = ' '], depth) {
  const own = indent.length;
  const width = own + marker.length + (spaces.length > 4 ? 1 : spaces.length);
  const inner = [lines[at].slice(width)];
  let end = at + 1;
  let blank = false;
  while (end < lines.length) {
    const line = lines[end];
    const depthOfLine = indentOf(line);
    if (!line.trim()) {
      blank = true;
      inner.push('');
    } else if (depthOfLine >= Math.min(width, own + 2)) {
      blank = false;
      inner.push(line.slice(Math.min(width, depthOfLine)));
    } else if (!blank && !ITEM.test(line) && !beginsBlock(lines, end, depth)) {
      inner.push(line);
    } else {
      break;
    }
    end += 1;
  }
  return { inner, next: end, blank };
}

function listItem(lines, loose, depth) {
  const task = /^\[([ xX])\] /.exec(lines[0]);
  const inner = task ? [lines[0].slice(4), ...lines.slice(1)] : lines;
  const content = nodes(inner, depth + 1);
  const item = el('li', { class: task ? 'task' : null });
  if (task) item.append(el('span', { role: 'img', 'aria-label': task[1] === ' ' ? 'open' : 'done' }, task[1] === ' ' ? '☐ ' : '☑ '));
  const tight = !loose && content.filter((node) => node.tagName === 'P').length === 1;
  for (const node of content) {
    if (tight && node.tagName === 'P') item.append(...node.childNodes);
    else item.append(node);
  }
  return item;
}

function isTable(lines, at) {
  const rule = lines[at + 1];
  if (rule === undefined || !lines[at].includes('|') || !rule.includes('-')) return false;
  if (!TABLE.test(rule)) return false;
  return cells(lines[at]).length === cells(rule).length;
}

function table(lines, at) {
  const align = cells(lines[at + 1]).map((cell) => {
    const [left, right] = [cell.startsWith(':'), cell.endsWith(':')];
    if (right) return left ? 'center' : 'end';
    return null;
  });
  const row = (line, name) => {
    const fields = cells(line).slice(0, align.length);
    return el('tr', {}, ...fields.map((text, n) => el(name, { class: align[n] }, inline(text))));
  };
  const body = [];
  let end = at + 2;
  while (end < lines.length && lines[end].includes('|')) {
    body.push(row(lines[end], 'td'));
    end += 1;
  }
  const head = el('thead', {}, row(lines[at], 'th'));
  const grid = el('table', {}, head, el('tbody', {}, ...body));
  return [el('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': 'table' }, grid), end];
}

/** The cells of a row; a bar behind a backslash belongs to its cell. */
function cells(line) {
  let text = line.trim();
  if (text.startsWith('|')) text = text.slice(1);
  if (text.endsWith('|') && !text.endsWith('\\|')) text = text.slice(0, -1);
  const found = [];
  let cell = '';
  for (const part of text.split('|')) {
    if (part.endsWith('\\')) {
      cell += `${part.slice(0, -1)}|`;
    } else {
      found.push((cell + part).trim());
      cell = '';
    }
  }
  if (cell) found.push(cell.trim());
  return found;
}
