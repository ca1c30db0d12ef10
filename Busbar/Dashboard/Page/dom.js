// A page is a function of what is known. h() describes an element, draw() makes the document so, touching only what differs, so that focus, selection
// and what is typed survive. Text is only ever set as text: nothing that a name or a provider says can become markup.

const svgNames = new Set(['svg', 'path', 'rect', 'line', 'g', 'title', 'circle']);

/** Describes an element; falsy children are left out. */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false && child !== '') };
}

/** Makes the children of `parent` what `children` describe. */
export function draw(parent, ...children) {
  const wanted = children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false && child !== '');
  const keyed = new Map();
  for (const node of parent.childNodes) if (node.busbarKey !== undefined) keyed.set(node.busbarKey, node);
  const keys = new Set(wanted.map(child => child.props?.key));
  let place = parent.firstChild;
  for (const child of wanted) {
    // What is gone goes first, so that what follows need not be moved, which would take the focus from it.
    while (place && place.busbarKey !== undefined && !keys.has(place.busbarKey)) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
    const key = child.props?.key;
    let node = key !== undefined ? keyed.get(key) : place?.busbarKey === undefined ? place : null;
    if (!node || !fits(node, child)) node = make(child);
    if (node !== place) parent.insertBefore(node, place);
    else place = place.nextSibling;
    fill(node, child);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function fits(node, child) {
  return typeof child === 'object' ? node.nodeType === 1 && node.localName === child.tag && node.busbarKey === child.props.key : node.nodeType === 3;
}

function make(child) {
  if (typeof child !== 'object') return document.createTextNode('');
  const node = svgNames.has(child.tag) ? document.createElementNS('http://www.w3.org/2000/svg', child.tag) : document.createElement(child.tag);
  node.busbarKey = child.props.key;
  node.busbarProps = {};
  return node;
}

function fill(node, child) {
  if (typeof child !== 'object') {
    if (node.data !== String(child)) node.data = String(child);
    return;
  }
  const former = node.busbarProps ?? {};
  for (const name of Object.keys(former)) if (!(name in child.props)) set(node, name, null);
  for (const [name, value] of Object.entries(child.props)) if (value !== former[name]) set(node, name, value);
  node.busbarProps = child.props;
  if (!child.props.own) draw(node, child.children);
}

// What is typed belongs to the person: value, checked and open are only said once.
function set(node, name, value) {
  if (name === 'key' || name === 'own' || name === 'chosen') return;
  if (name.startsWith('on')) node[name] = value;
  else if (name === 'css') for (const [property, text] of Object.entries(value ?? {})) node.style.setProperty(property, text);
  else if (name === 'value' || name === 'checked') node[name] = value ?? '';
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? '' : value);
}
