// Live values and navigation without reloading. Every page also works without this script.
"use strict";

const connection = document.getElementById("connection");

async function load(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("text/html")) {
    throw new Error(`unexpected response ${response.status}`);
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { page, response };
}

// Replaces each element that has data-live (a period in seconds) by its current version.
let timer = null;

function schedule() {
  clearTimeout(timer);
  const periods = [...document.querySelectorAll("[data-live]")].map((element) => Number(element.dataset.live));
  if (periods.length > 0 && !document.hidden) {
    timer = setTimeout(refresh, Math.min(...periods) * 1000);
  }
}

async function refresh() {
  // The hub records each view of a page with personal data. Such pages are not live.
  if (document.querySelector("[data-live]") === null) {
    return;
  }
  const url = location.href;
  try {
    const { page, response } = await load(url);
    if (new URL(response.url).pathname !== location.pathname) {
      location.assign(response.url); // The session has ended.
      return;
    }
    if (location.href === url && response.ok) {
      for (const element of document.querySelectorAll("[data-live]")) {
        const current = page.getElementById(element.id);
        if (current !== null && !isInUse(element) && current.innerHTML !== element.innerHTML) {
          keepOpen(element, current);
          element.replaceWith(document.adoptNode(current));
        }
      }
    }
    connection.textContent = "";
  } catch {
    connection.textContent = "No connection to the hub. Trying again.";
  }
  schedule();
}

// A selection or the focus would be lost.
function isInUse(element) {
  const selection = document.getSelection();
  return (
    element.contains(document.activeElement) ||
    (selection !== null && !selection.isCollapsed && element.contains(selection.anchorNode))
  );
}

function keepOpen(before, after) {
  for (const details of before.querySelectorAll("details[id][open]")) {
    after.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute("open", "");
  }
}

// Follows links within the console by replacing the page's parts.
let shown = location.pathname + location.search;

async function navigate(url, push) {
  try {
    const { page, response } = await load(url);
    if (!new URL(response.url).pathname.startsWith("/console")) {
      throw new Error("not a page of the console");
    }
    if (push) {
      history.pushState(null, "", response.url + new URL(url, location.href).hash);
    }
    shown = location.pathname + location.search;
    document.title = page.title;
    for (const selector of ["header.top", "main"]) {
      document.querySelector(selector).replaceWith(document.adoptNode(page.querySelector(selector)));
    }
    const anchor = document.getElementById(new URL(url, location.href).hash.slice(1));
    const start = anchor ?? document.querySelector("main");
    start.tabIndex = -1;
    start.focus({ preventScroll: true });
    if (anchor !== null) {
      anchor.scrollIntoView();
    } else {
      scrollTo(0, 0);
    }
    schedule();
  } catch {
    location.assign(url);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (
    link === null || event.defaultPrevented || event.button !== 0 ||
    event.metaKey || event.ctrlKey || event.shiftKey || event.altKey ||
    link.target || link.dataset.reload !== undefined || link.hasAttribute("download") ||
    link.origin !== location.origin || !link.pathname.startsWith("/console") ||
    (link.hash && link.pathname === location.pathname && link.search === location.search)
  ) {
    return;
  }
  event.preventDefault();
  navigate(link.href, true);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get" || event.defaultPrevented) {
    return;
  }
  event.preventDefault();
  const url = new URL(form.action);
  url.search = new URLSearchParams([...new FormData(form, event.submitter)].filter(([, value]) => value !== ""));
  navigate(url.href, true);
});

addEventListener("popstate", () => {
  // A link to a part of the page leaves the page as it is: it can be the response to a form.
  if (location.pathname + location.search !== shown) {
    navigate(location.href, false);
  }
});
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
schedule();
