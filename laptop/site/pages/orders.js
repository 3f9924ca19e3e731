// Builds the page from data, as many investor sites do: without a browser there is nothing to read.
const money = (value) => "$" + value.toFixed(1) + " million";

function element(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

function table(quarters) {
  const node = document.createElement("table");
  const head = node.createTHead().insertRow();
  for (const title of ["Quarter", "Orders received ($ million)", "Backlog at end ($ million)"]) {
    head.append(element("th", title));
  }
  const body = node.createTBody();
  for (const quarter of quarters) {
    const row = body.insertRow();
    row.append(element("td", quarter.name));
    row.append(element("td", quarter.orders.toFixed(1)));
    row.append(element("td", quarter.backlog.toFixed(1)));
  }
  return node;
}

async function show() {
  const data = await (await fetch("/orders.json")).json();
  const latest = data.quarters.at(-1);
  const earlier = data.quarters[0];
  const growth = ((latest.backlog / earlier.backlog - 1) * 100).toFixed(1);
  const article = document.createElement("article");
  article.append(
    element("h1", "Order backlog"),
    element("p", `At the end of ${latest.name} the order backlog of Larkspur Instruments was ` +
      `${money(latest.backlog)}, compared with ${money(earlier.backlog)} at the end of ` +
      `${earlier.name}, an increase of ${growth}%.`),
    element("p", `Orders received in ${latest.name} were ${money(latest.orders)}, which is ` +
      `${(latest.orders / latest.revenue).toFixed(2)} times the revenue of the quarter.`),
    table(data.quarters),
  );
  document.getElementById("content").replaceChildren(article);
}

show();
