// Keeps what changes up to date: asks for the page again and takes over the parts marked data-live, where they differ.
// Scroll positions stay; a log that was read at its end stays at its end.

const EVERY_MS = 2000;

function update(fresh) {
  for (const part of document.querySelectorAll('[data-live]')) {
    const other = fresh.getElementById(part.id);
    if (!other || other.innerHTML === part.innerHTML) continue;
    const selection = getSelection();
    if (!selection.isCollapsed && part.contains(selection.anchorNode)) continue; // somebody is copying it
    const atEnd = part.hasAttribute('data-tail') && part.scrollTop + part.clientHeight >= part.scrollHeight - 4;
    const focused = part.contains(document.activeElement) && document.activeElement.getAttribute('href');
    part.replaceChildren(...other.childNodes);
    if (atEnd) part.scrollTop = part.scrollHeight;
    if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  return fresh.querySelector('[data-ended="yes"]') !== null;
}

async function ask() {
  if (document.hidden) return false;
  const lost = document.getElementById('lost');
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) throw new Error(answer.statusText);
    lost.textContent = '';
    return update(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {
    lost.textContent = 'The server does not answer; what is shown is old.';
    return false;
  }
}

async function follow() {
  // An ended job is asked for some more times: its last lines come after its end.
  let ended = 0;
  while (ended < 5) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (await ask()) ended += 1;
  }
}

const log = document.getElementById('log');
if (log?.hasAttribute('data-tail')) log.scrollTop = log.scrollHeight;
await follow();
