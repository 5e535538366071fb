// Light or dark, before anything is painted. Without a choice the system decides.
(() => {
  const KEY = 'switchboard.theme';
  const root = document.documentElement;
  const systemIsDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

  function remembered() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // The browser keeps nothing for us; the choice lasts as long as the page.
    }
  }

  function remember(theme) {
    try {
      if (theme) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
    } catch {
      // As above.
    }
  }

  const chosen = remembered();
  if (chosen === 'light' || chosen === 'dark') root.dataset.theme = chosen;

  document.addEventListener('click', (event) => {
    if (!event.target.closest?.('[data-act="theme"]')) return;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : systemIsDark();
    const next = dark ? 'light' : 'dark';
    // Who chooses what the system says anyway follows the system again.
    const override = (next === 'dark') === systemIsDark() ? null : next;
    if (override) root.dataset.theme = override;
    else delete root.dataset.theme;
    remember(override);
  });
})();
