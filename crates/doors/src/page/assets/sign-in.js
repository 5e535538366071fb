// The dialog for signing in: over everything at first, and over what is on the screen when the
// token has run out, so that nothing is lost.

import { account, login } from './api.js';
import { byId, countdown } from './dom.js';

let pending = null;

/** Asks until somebody has signed in. Whoever asks meanwhile waits for the same. */
export function signIn() {
  pending ??= ask().finally(() => {
    pending = null;
  });
  return pending;
}

function ask() {
  const dialog = byId('sign-in');
  const form = dialog.querySelector('form');
  const before = account.user;
  const name = form.elements.username;
  const password = form.elements.password;
  dialog.classList.toggle('again', Boolean(before));
  byId('sign-in-why').textContent = before
    ? 'Your sign-in has run out. Sign in again to go on; nothing is lost.'
    : 'Talk with agents, and watch them talk.';
  if (before) name.value = before;
  password.value = '';
  const opener = document.activeElement;
  dialog.showModal();
  (name.value ? password : name).focus();
  return new Promise((resolve) => {
    const submit = async (event) => {
      event.preventDefault();
      if (!(await attempt(form))) return;
      form.removeEventListener('submit', submit);
      password.value = '';
      dialog.close();
      // What is on the screen is the other user's: nothing of it may stay.
      if (before && before !== account.user) location.assign(location.pathname);
      else {
        opener?.focus?.();
        resolve();
      }
    };
    form.addEventListener('submit', submit);
  });
}

async function attempt(form) {
  const { username, password } = form.elements;
  const button = form.querySelector('button');
  button.disabled = true;
  say('');
  try {
    await login(username.value.trim(), password.value);
    button.disabled = false;
    return true;
  } catch (error) {
    complain(error, button);
    password.select();
    return false;
  }
}

function complain(error, button) {
  const wait = error.status === 429 ? error.retryAfter : null;
  if (!wait) {
    button.disabled = false;
    say(error.status === 401 ? 'The name or the password is wrong.' : error.message);
    return;
  }
  const each = (left) => say(`Too many attempts. Try again in ${left} s.`);
  countdown(wait, each, () => {
    say('');
    button.disabled = false;
  });
}

function say(words) {
  const error = byId('sign-in-error');
  if (error.textContent !== words) error.textContent = words;
  error.hidden = !words;
}

// There is nothing behind the dialog that could be used without signing in.
byId('sign-in').addEventListener('cancel', (event) => event.preventDefault());
