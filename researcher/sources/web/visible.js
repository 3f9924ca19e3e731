// Gives the page's HTML without what a person does not see: an async function of the most
// characters wanted.
//
// It runs in a world of its own, so the page's scripts cannot replace the functions it calls, and
// it changes a copy, so they do not notice. A page can still name its form fields like the DOM's
// properties: those are read through their prototypes.
async (most) => {
  const call = Function.prototype.call;
  const getter = (kind, name) =>
    call.bind(Object.getOwnPropertyDescriptor(kind.prototype, name).get);
  const method = (kind, name) => call.bind(kind.prototype[name]);
  const childNodes = getter(Node, "childNodes");
  const textOf = getter(Node, "textContent");
  const idOf = getter(Element, "id");
  const nameOf = getter(Element, "localName");
  const htmlOf = getter(Element, "outerHTML");
  const attribute = method(Element, "getAttribute");
  const hasAttribute = method(Element, "hasAttribute");
  const boxOf = method(Element, "getBoundingClientRect");
  const isShown = method(Element, "checkVisibility");
  const bringIntoView = method(Element, "scrollIntoView");
  const matches = method(Element, "matches");
  const find = method(Element, "querySelector");
  const findAll = method(Document, "querySelectorAll");
  const contains = method(Node, "contains");
  const detach = method(Element, "remove");
  const detachText = method(CharacterData, "remove");

  const FAINTEST = 0.1; // of opacity
  const SMALLEST = 2; // pixels of a letter, or of a box that clips
  const FAR = 5000; // pixels to the right: nobody scrolls there
  const MOST_FADING = 200;
  const NOTICE = /cookie|consent|privacy|newsletter|subscribe|sign up/i;
  const LONGEST_NOTICE = 3000;
  const WHITE = { rgb: [255, 255, 255], alpha: 1 };

  const root = getter(Document, "documentElement")(document);
  const body = getter(Document, "body")(document);
  if (!root || !body) return "";

  const colour = (text) => {
    const parts = text.startsWith("rgb") ? text.match(/[\d.]+/g).map(Number) : null;
    return parts && { rgb: parts.slice(0, 3), alpha: parts[3] ?? 1 };
  };
  const light = ({ rgb }) => {
    const [r, g, b] = rgb.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const alike = (ink, paper) => {
    const [dark, bright] = [light(ink), light(paper)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05) < 1.15
      && ink.rgb.every((v, place) => Math.abs(v - paper.rgb[place]) < 32);
  };
  const solid = (paint) => paint !== null && paint.alpha > 1 - FAINTEST;

  // What a control in sight opens is a person's to see: tabs and accordions.
  const panels = new Set();
  const CONTROLS = "[aria-controls], [data-bs-target], [data-target], [role=tab][href]";
  for (const control of findAll(document, CONTROLS)) {
    if (!textOf(control).trim() || !isShown(control, { visibilityProperty: true })) continue;
    const names = ["aria-controls", "data-bs-target", "data-target"];
    if (attribute(control, "role") === "tab") names.push("href");
    const ids = names.flatMap((name) => (attribute(control, name) ?? "").split(/\s+/));
    for (const id of ids) if (id) panels.add(id.replace(/^#/, ""));
  }

  // What fades in when a person scrolls to it is content: scroll there, and let it have faded in.
  const fading = [...findAll(document, "body *")]
    .filter((element) => parseFloat(getComputedStyle(element).opacity) <= FAINTEST)
    .filter((element) => textOf(element).trim()).slice(0, MOST_FADING);
  for (const element of fading) {
    bringIntoView(element);
    await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); setTimeout(done, 50); });
  }
  if (fading.length) {
    await new Promise((done) => setTimeout(done, 50));
    for (const animation of document.getAnimations()) {
      try { animation.finish(); } catch { /* an endless one is judged as it stands */ }
    }
  }

  const clipped = (style) =>
    /^rect\((?:\s*[01]?(?:px)?[\s,]*){4}\)$/.test(style.clip)
    || /inset\(\s*(?:[5-9]\d|100)(?:\.\d+)?%|circle\(\s*0|polygon\(\s*0/.test(style.clipPath)
    || /opacity\(\s*0(?:\.0\d*)?\s*\)/.test(style.filter);
  const shrunk = (style, box) =>
    style.overflow !== "visible" && !["inline", "contents"].includes(style.display)
    && (box.width < SMALLEST || box.height < SMALLEST);
  const isNotice = (element, style) =>
    style.position === "fixed" && textOf(element).length <= LONGEST_NOTICE
    && NOTICE.test(textOf(element)) && !find(element, "main, article, table");

  // How an element looks, given how what it stands in looks:
  //   opacity, and paper (the colour behind it; null where a picture is) are what they amount to;
  //   cut: letters are cut out of a picture; scrolled: inside a box with an overflow of its own;
  //   folded: in a part to be opened, so where it stands says nothing; menu: in navigation.
  const lookOf = (element, style, around) => {
    const own = colour(style.backgroundColor);
    const pictured = style.backgroundImage !== "none";
    return {
      opacity: around.opacity * parseFloat(style.opacity),
      paper: pictured ? null : solid(own) ? own : around.paper,
      cut: around.cut || /text/.test(style.backgroundClip),
      scrolled: around.scrolled
        || (style.overflow !== "visible" && element !== root && element !== body),
      folded: around.folded || (nameOf(element) === "details" && !hasAttribute(element, "open")),
      menu: around.menu || matches(element, "nav, [role=navigation]"),
    };
  };

  const paints = []; // boxes that may lie behind letters without being above them in the tree
  const faint = []; // letters in the colour of their paper, as far as the tree tells
  const gone = []; // nodes of the copy
  const range = new Range();

  const judgeText = (text, twin, style, look) => {
    if (style.visibility !== "visible" || parseFloat(style.fontSize) < SMALLEST) {
      gone.push(twin);
      return;
    }
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (!look.folded && offTheScreen(box, look)) {
      gone.push(twin);
      return;
    }
    const ink = look.cut ? null : colour(style.webkitTextFillColor);
    if (ink && ink.alpha <= FAINTEST) gone.push(twin);
    else if (ink && look.paper && alike(ink, look.paper)) faint.push({ text, twin, ink, box });
  };
  const offTheScreen = (box, look) =>
    box.width < 1 || box.height < 1
    || box.right + scrollX <= 0 || box.bottom + scrollY <= 0
    || (box.left + scrollX > FAR && !look.scrolled);

  const judgeElement = (element, style, look) => {
    if (look.menu) return "seen";
    const openable = panels.has(idOf(element)) || attribute(element, "hidden") === "until-found";
    const box = boxOf(element);
    const away = style.display === "none" || style.contentVisibility === "hidden"
      || clipped(style) || (!look.folded && shrunk(style, box));
    if (away) return openable ? "folded" : "gone";
    if (look.opacity <= FAINTEST || isNotice(element, style)) return "gone";
    const drawn = ["img", "video", "canvas", "svg", "picture"].includes(nameOf(element));
    const own = colour(style.backgroundColor);
    if (drawn || style.backgroundImage !== "none") paints.push({ element, box, paint: null });
    else if (solid(own)) paints.push({ element, box, paint: own });
    return "seen";
  };

  const inert = document.implementation.createHTMLDocument("");
  const copy = inert.importNode(root, true);
  const start = { opacity: 1, paper: WHITE, cut: false, scrolled: false, folded: false, menu: false };
  const waiting = [[root, copy, start]];
  while (waiting.length) {
    const [element, twin, around] = waiting.pop();
    if (nameOf(element) === "head") continue;
    const style = getComputedStyle(element);
    const look = lookOf(element, style, around);
    if (element !== root && element !== body) {
      const verdict = judgeElement(element, style, look);
      if (verdict === "gone") {
        gone.push(twin);
        continue;
      }
      if (verdict === "folded") look.folded = true;
    }
    const twins = [...childNodes(twin)];
    [...childNodes(element)].forEach((child, place) => {
      if (child instanceof Element) waiting.push([child, twins[place], look]);
      else if (child instanceof Text && child.data.trim() && !look.menu) {
        judgeText(child, twins[place], style, look);
      }
    });
  }
  for (const { text, twin, ink, box } of faint) {
    const x = box.left + box.width / 2;
    const y = box.top + box.height / 2;
    const told = paints.some((other) =>
      other.box.left <= x && x <= other.box.right && other.box.top <= y && y <= other.box.bottom
      && !contains(other.element, text) && (other.paint === null || !alike(ink, other.paint)));
    if (!told) gone.push(twin);
  }
  for (const node of gone) node instanceof CharacterData ? detachText(node) : detach(node);
  return htmlOf(copy).slice(0, most);
}
