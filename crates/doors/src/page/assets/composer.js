// The box in which one writes.

import { byId, countdown } from './dom.js';

const form = byId('composer');
const box = byId('text');
const send = byId('send');
const stop = byId('stop');
const notice = byId('composer-notice');

let act = { send: async () => {}, stop: () => {} };
let stopCounting = () => {};
let busy = false;

/** What sending and stopping do. `send` gets the text; while it works the text stays in the box. */
export function onComposer(actions) {
  act = actions;
}

async function submit() {
  const text = box.value;
  if (!text.trim() || busy || send.disabled) return;
  busy = true;
  form.setAttribute('aria-busy', 'true');
  complain('');
  try {
    await act.send(text);
    if (box.value === text) box.value = '';
    grow();
  } catch (error) {
    complain(error.message, error.retryAfter);
  } finally {
    busy = false;
    form.removeAttribute('aria-busy');
  }
}

/** Says beside the box what went wrong; with a wait it counts down, and then is quiet. */
export function complain(words, wait = null) {
  stopCounting();
  notice.hidden = !words;
  if (!words) {
    notice.textContent = '';
    return;
  }
  if (!wait) {
    notice.textContent = words;
    return;
  }
  const each = (left) => {
    notice.textContent = `${words.replace(/[.\s]*$/, '')}. Try again in ${left} s.`;
  };
  stopCounting = countdown(wait, each, () => complain(''));
}

/** Puts a text that was not taken back into the box, above what was written since. */
export function giveBack(text, words, wait) {
  if (text) box.value = box.value.trim() ? `${text}\n\n${box.value}` : text;
  grow();
  complain(words, wait);
}

export function suggest(text) {
  box.value = text;
  grow();
  box.focus();
}

/** How the box presents itself: what it asks for, what its button says, and whether one may write. */
export function present({ placeholder, button = 'Send', enabled = true }) {
  box.placeholder = placeholder;
  box.setAttribute('aria-label', placeholder);
  send.querySelector('span').textContent = button;
  send.setAttribute('aria-label', button);
  box.disabled = !enabled;
  send.disabled = !enabled;
  form.hidden = !enabled;
}

export function running(is) {
  const hadFocus = document.activeElement === stop;
  stop.hidden = !is;
  if (!is && hadFocus) focus();
}

/** The cursor goes into the box, but for those whose keyboard would then cover the page. */
export function focus() {
  if (!matchMedia('(pointer: coarse)').matches) box.focus();
}

/** The box is as high as its text, where style sheets alone cannot do it. */
function grow() {
  if (CSS.supports('field-sizing', 'content')) return;
  box.style.height = 'auto';
  box.style.height = `${box.scrollHeight}px`;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
box.addEventListener('input', grow);
box.addEventListener('keydown', (event) => {
  // Enter also ends the choice of an input method; that is not meant for us.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
stop.addEventListener('click', () => act.stop());
