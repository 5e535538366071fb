// Markdown that may still be growing.

import { blocks, linesOf } from './blocks.js';
import { copy } from './dom.js';

/** Shows a text as Markdown in an element, and shows it anew, cheaply, as the text grows. */
export class Markdown {
  constructor(element) {
    this.element = element;
    this.reset();
  }

  reset() {
    this.text = '';
    /** Where the last two blocks begin, which may still change, and the node before them. */
    this.settled = 0;
    this.last = null;
    this.tail = [];
    this.element.replaceChildren();
  }

  /** The text as it is by now. */
  set(text) {
    if (text === this.text) return;
    if (!text.startsWith(this.text)) this.reset();
    this.text = text;
    const rest = text.slice(this.settled);
    const found = [...blocks(linesOf(rest))];
    this.replaceTail(found.map(({ node }) => node));
    this.settle(rest, found);
  }

  /** Puts the new nodes in the place of the old ones; those that did not change stay. */
  replaceTail(fresh) {
    const shown = fresh.map((node, n) => {
      const old = this.tail[n];
      return old && (old.isEqualNode(node) || grow(old, node)) ? old : node;
    });
    for (const old of this.tail) if (!shown.includes(old)) old.remove();
    let place = this.last ? this.last.nextSibling : this.element.firstChild;
    for (const node of shown) {
      if (node === place) place = place.nextSibling;
      else this.element.insertBefore(node, place);
    }
    this.tail = shown;
  }

  settle(rest, found) {
    if (found.length <= 2) return;
    const line = found.at(-2).start;
    let offset = 0;
    for (let n = 0; n < line; n += 1) offset = rest.indexOf('\n', offset) + 1;
    this.settled += offset;
    this.last = this.tail.at(-3);
    this.tail = this.tail.slice(-2);
  }
}

/** Code that has become longer keeps its element, and with it where it was scrolled to. */
function grow(old, fresh) {
  if (!old.matches('figure.code') || !fresh.matches('figure.code')) return false;
  if (!old.querySelector('figcaption').isEqualNode(fresh.querySelector('figcaption'))) return false;
  old.querySelector('code').textContent = fresh.querySelector('code').textContent;
  return true;
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-act="copy"]');
  if (!button) return;
  const label = button.querySelector('span');
  try {
    await copy(button.closest('figure').querySelector('code').textContent);
    label.textContent = 'Copied';
  } catch {
    label.textContent = 'Select it and copy';
  }
  setTimeout(() => {
    label.textContent = 'Copy';
  }, 1600);
});
