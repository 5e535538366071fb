// Making elements, and a few words for all modules.

const SVG = 'http://www.w3.org/2000/svg';
const ICONS = {
  copy: 'M9 9h10v10H9zM5 15V5h10',
  chat: 'M4 5h16v11H9l-5 4z',
  pair: 'M3 4h11v8H7l-4 3zM17 9h4v11l-4-3h-7v-2',
};

/** An element: `el('a', {class: 'x', href, onclick}, 'text', child)`. Texts are never read as HTML. */
export function el(name, props = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

export const byId = (id) => document.getElementById(id);

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** A moment as people say it: the time, and the day if it is not today. */
export function moment(timestamp) {
  const at = new Date(timestamp);
  if (Number.isNaN(at.getTime())) return '';
  const today = at.toDateString() === new Date().toDateString();
  return today ? CLOCK.format(at) : `${DAY.format(at)}, ${CLOCK.format(at)}`;
}

export function timeElement(timestamp) {
  const full = new Date(timestamp);
  const title = Number.isNaN(full.getTime()) ? '' : full.toLocaleString();
  return el('time', { datetime: timestamp, title }, moment(timestamp));
}

/** Says something to those who listen to the page instead of looking at it. */
export function announce(text) {
  byId('announcer').textContent = text;
}

/** Counts seconds down: calls `each` with what is left, and `done` at the end. Returns a stop. */
export function countdown(seconds, each, done = () => {}) {
  const end = Date.now() + seconds * 1000;
  const left = () => Math.max(0, Math.ceil((end - Date.now()) / 1000));
  each(left());
  const timer = setInterval(() => {
    each(left());
    if (left() > 0) return;
    clearInterval(timer);
    done();
  }, 250);
  return () => clearInterval(timer);
}

/** Puts a text on the clipboard. Pages that did not come over TLS have only the old way. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = el('textarea', { class: 'sr-only', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('the browser does not let us');
  return undefined;
}
