// How one thing that happened looks.

import { el, timeElement } from './dom.js';
import { Markdown } from './markdown.js';

const REASONS = {
  max_turns_reached: 'Each agent has had all its turns.',
  goal_achieved: 'The agents reached their goal.',
  stopped_by_user: 'Stopped.',
  message_limit: 'This conversation holds as many messages as it may.',
  session_deleted: 'This conversation was deleted.',
};

/** What a person said. It is shown as it was written. */
export function said(text, { timestamp, label = 'You' }) {
  const note = el('span', { class: 'note' });
  const head = el('p', { class: 'who' }, el('b', {}, label), note);
  if (timestamp) head.append(timeElement(timestamp));
  const node = el('li', { class: 'message mine' }, head, el('div', { class: 'text plain' }, text));
  return { node, head, note };
}

/** What an agent says, while it says it and afterwards. */
export class Answer {
  constructor({ name, model, place, mark: letter }) {
    this.tail = el('span', { class: 'tail' }, 'is thinking…');
    const mark = el('span', { class: 'mark', 'aria-hidden': 'true' }, letter);
    const model_ = model && model !== name ? el('span', { class: 'model' }, model) : null;
    this.head = el('p', { class: 'who' }, mark, el('b', {}, name), model_, this.tail);
    this.body = el('div', { class: 'text' });
    this.node = el('li', { class: `message theirs place-${place} writing` }, this.head, this.body);
    this.markdown = new Markdown(this.body);
    this.pieces = { attempt: 0, next: 0, text: '' };
  }

  /** Takes a piece, and says whether there is more to show. */
  take({ delta, index, attempt }) {
    const { pieces } = this;
    if (attempt < pieces.attempt) return false;
    if (attempt > pieces.attempt) this.pieces = { attempt, next: 0, text: '' };
    // Whoever came in the middle waits for the whole.
    if (index !== this.pieces.next) return false;
    this.pieces.next += 1;
    this.pieces.text += delta;
    return true;
  }

  /** Shows the pieces so far. */
  show() {
    this.tail.textContent = this.pieces.text ? 'is writing…' : 'is thinking…';
    this.markdown.set(this.pieces.text);
  }

  /** The whole answer takes the place of the pieces. */
  finish({ content, timestamp, metadata }) {
    this.node.classList.remove('writing');
    this.markdown.set(content || '');
    if (!content?.trim()) this.body.append(el('p', { class: 'faint' }, '(nothing)'));
    const count = metadata.token_count;
    const tokens = count === undefined ? null : el('span', { class: 'tokens' }, words(count));
    this.tail.replaceWith(timeElement(timestamp), ...(tokens ? [tokens] : []));
  }
}

/** So many tokens, in words. */
export const words = (count) => `${count.toLocaleString()} token${count === 1 ? '' : 's'}`;

/** A line between the messages. */
export function line(text, timestamp, kind = 'notice') {
  return el('li', { class: kind }, el('span', {}, text), timestamp ? timeElement(timestamp) : null);
}

/** What takes the place of an answer that there is not. */
export function failure(frame, name) {
  const { code } = frame.metadata;
  const head = el('p', {}, el('b', {}, name ? `${name} did not answer` : 'Something went wrong'));
  if (code) head.append(el('code', { class: 'badge' }, code));
  head.append(timeElement(frame.timestamp));
  return el('li', { class: 'failure' }, head, el('p', {}, frame.content ?? ''));
}

export const stopped = (frame) =>
  line(REASONS[frame.metadata.reason] ?? frame.content ?? 'Stopped.', frame.timestamp, 'notice end');
