// Connecting an account: who has this page open signs in, sees what is asked for, and goes on to the
// provider. The server checks that it is their own to connect.

import { account, address, ApiError, login } from './api.js';

const byId = (id) => document.getElementById(id);
const challenge = location.pathname.split('/').pop();

function say(words) {
  byId('said').textContent = words;
}

async function ask(method, path, credentials) {
  const headers = { authorization: `Bearer ${account.token}` };
  const options = { method, headers, credentials, cache: 'no-store' };
  const response = await fetch(address(path), options).catch(() => {
    throw new ApiError(0, 'OFFLINE', 'The server cannot be reached.');
  });
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const words = typeof answer?.detail === 'string' ? answer.detail : `The server answered ${response.status}.`;
  throw new ApiError(response.status, answer?.code, words);
}

function showSignIn(words) {
  byId('ask').hidden = true;
  byId('sign-in').hidden = false;
  byId('sign-in').elements.username.focus();
  say(words);
}

async function show() {
  if (!account.token) {
    showSignIn('Sign in to see what is asked for.');
    return;
  }
  try {
    const path = `api/accounts/challenges/${encodeURIComponent(challenge)}`;
    describe(await ask('GET', path, 'omit'));
  } catch (error) {
    complain(error);
  }
}

function describe(way) {
  byId('sign-in').hidden = true;
  if (way.state === 'connected') {
    say(`Your account with ${way.provider} is connected. You can close this page.`);
    return;
  }
  if (way.state === 'failed' || !way.connect_url) {
    say(way.error ?? 'This is not done in a browser.');
    return;
  }
  say(`You are signed in as ${account.user}. Connect your account with ${way.provider}?`);
  const items = way.scopes.map((scope) => {
    const item = document.createElement('li');
    item.textContent = scope;
    return item;
  });
  byId('scopes').replaceChildren(...items);
  byId('ask').hidden = false;
  byId('go').focus();
}

function complain(error) {
  if (error.status === 401) {
    account.clear();
    showSignIn('Sign in to see what is asked for.');
  } else if (error.status === 404) {
    account.clear();
    showSignIn('There is nothing to connect here for you. If it is for another user, sign in as that one.');
  } else {
    say(error.message);
  }
}

async function signIn(event) {
  event.preventDefault();
  const { username, password } = byId('sign-in').elements;
  const button = event.target.querySelector('button');
  button.disabled = true;
  try {
    await login(username.value.trim(), password.value);
    password.value = '';
    await show();
  } catch (error) {
    say(error.status === 401 ? 'The name or the password is wrong.' : error.message);
    password.select();
  } finally {
    button.disabled = false;
  }
}

async function go() {
  byId('go').disabled = true;
  try {
    // Here alone a cookie comes along: the browser shows it when it comes back.
    const path = `connect/${encodeURIComponent(challenge)}`;
    const { location: next } = await ask('POST', path, 'same-origin');
    location.assign(next);
  } catch (error) {
    byId('go').disabled = false;
    complain(error);
  }
}

byId('sign-in').addEventListener('submit', signIn);
byId('go').addEventListener('click', go);
show();
