// Calls of the server, and the token with which they are made.

const TOKEN = 'switchboard.token';
const USER = 'switchboard.user';

/** What a call ended with when it was not served. `retryAfter` is in seconds. */
export class ApiError extends Error {
  constructor(status, code, message, retryAfter = null) {
    super(message);
    Object.assign(this, { status, code, retryAfter });
  }
}

// The token lives as long as the tab, and is in no address and no cookie.
export const account = {
  token: sessionStorage.getItem(TOKEN),
  user: sessionStorage.getItem(USER),
  set(token, user) {
    this.token = token;
    this.user = user;
    sessionStorage.setItem(TOKEN, token);
    sessionStorage.setItem(USER, user);
  },
  clear() {
    this.token = null;
    this.user = null;
    sessionStorage.removeItem(TOKEN);
    sessionStorage.removeItem(USER);
  },
};

let signInAgain = async () => {};

/** Who is asked for a new sign-in when the token is good no more. */
export function onSignedOut(ask) {
  signInAgain = ask;
}

/** The address of a path, beside the page, so that the server may live under any prefix. */
export const address = (path) => new URL(path, document.baseURI);

/** Calls the server as the user; asks to sign in again when it must, and then goes on. */
export async function call(method, path, body) {
  const used = account.token;
  try {
    return await request(method, path, body);
  } catch (error) {
    if (error.status !== 401) throw error;
    if (account.token === used) await signInAgain();
    return request(method, path, body);
  }
}

/** Signs in, and keeps the token. */
export async function login(username, password) {
  const form = new URLSearchParams({ username, password });
  const answer = await request('POST', 'api/auth/login', form);
  account.set(answer.access_token, username);
}

/** Signs out; the token is void from then on, if the server can be told. */
export async function logout() {
  await request('POST', 'api/auth/logout').catch(() => {});
  account.clear();
}

async function request(method, path, body) {
  const headers = {};
  const isForm = body instanceof URLSearchParams;
  if (body && !isForm) headers['content-type'] = 'application/json';
  if (account.token && !isForm) headers.authorization = `Bearer ${account.token}`;
  let response;
  try {
    response = await fetch(address(path), {
      method,
      headers,
      body: body && !isForm ? JSON.stringify(body) : body,
      credentials: 'omit',
      cache: 'no-store',
    });
  } catch {
    throw new ApiError(0, 'OFFLINE', 'The server cannot be reached.');
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw failure(response, answer);
}

function failure(response, answer) {
  const wait = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  const code = answer?.code ?? `HTTP_${response.status}`;
  return new ApiError(response.status, code, words(response, answer), wait > 0 ? wait : null);
}

function words(response, answer) {
  const detail = answer?.detail;
  const problem = ({ loc, msg }) => `${(loc ?? []).slice(1).join(' › ')}: ${msg}`;
  const said = Array.isArray(detail) ? detail.map(problem).join('; ') : detail;
  const text = said || `The server answered ${response.status}.`;
  return answer?.hint ? `${text}. ${answer.hint}` : text;
}
