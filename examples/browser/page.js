import { call, logIn, logOut, onEnded, whoIsThere } from './session.js';

const element = (id) => document.getElementById(id);

async function show() {
  const somebody = await whoIsThere();
  element('who').textContent = somebody ? `Logged in as ${somebody.sub}` : 'Nobody is logged in';
}

async function end(everywhere) {
  if (!(await logOut({ everywhere }))) element('answer').textContent = 'Not possible now; try again.';
  await show();
}

element('login').addEventListener('click', logIn);
element('logout').addEventListener('click', () => end(false));
element('logout-all').addEventListener('click', () => end(true));
element('call').addEventListener('click', async () => {
  const response = await call('/orders/1');
  element('answer').textContent = `${response.status}`;
  if (response.status === 401) await show();
});
onEnded(show);
show();
