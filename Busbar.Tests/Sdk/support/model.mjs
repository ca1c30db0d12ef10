// What the simulated model says. A prompt names its script with a hash tag, so that the choice survives every translation.

export const text = 'Café “No. 7” is open \\o/ until 18:00 🦊\nand\ttomorrow.';
export const thinking = 'The user wants a café; let me see.';
export const signature = 'EqQBCkYIBxgCIkAxY29uc2lkZXJlZC1jYXJlZnVsbHktYnktdGhlLW1vZGVs';
export const patch = '*** Begin Patch\n*** Add File: a "b".txt\n+é\n*** End Patch\n';
export const calls = [
  { name: 'get_weather', args: { city: 'Zürich', days: 2, exact: 1.0 } },
  { name: 'get_time', args: { zone: 'Europe/Oslo' } },
];
// 16 tokens went in, 4 of them from a cache; 7 came out.
export const usage = { fresh: 12, cached: 4, output: 7 };

// Embeddings, the tokens they took, and the answer to a question for the number of tokens.
export const vector = [0.25, -0.5, 0.125];
export const embedded = 5;
export const counted = 42;

const done = { blocks: [{ text: 'Two days of rain.' }], stop: 'end' };
const thought = { thinking, signature };

const scripts = {
  text: { blocks: [{ text }], stop: 'end' },
  tool: { blocks: [{ call: calls[0] }], stop: 'tools', after: done },
  tools: { blocks: [{ text: 'Looking.' }, { call: calls[0] }, { call: calls[1] }], stop: 'tools', after: done },
  bare: { blocks: [{ call: { name: 'ping', args: {} } }], stop: 'tools', after: done },
  think: { blocks: [thought, { text }], stop: 'end' },
  ponder: { blocks: [thought, { call: calls[0] }], stop: 'tools', after: done },
  patch: { blocks: [{ call: { name: 'apply_patch', args: { input: patch } } }], stop: 'tools', after: done },
  schema: { blocks: [{ text: '{"city":"Zürich","degrees":18}' }], stop: 'end' },
  long: { blocks: [{ text: 'Once upon a' }], stop: 'length' },
  halt: { blocks: [{ text: 'One, two' }], stop: 'sequence', sequence: 'three' },
  refuse: { blocks: [{ refusal: 'I cannot help with that.' }], stop: 'refusal' },
  // The stream fails after its first words.
  broken: { blocks: [{ text: 'Half of' }], stop: 'error' },
  // The stream ends without a word of farewell.
  cut: { blocks: [{ text: 'Half of' }], stop: 'cut' },
  // The model falls silent for as long as anybody listens.
  hold: { blocks: [{ text: 'Half of' }], stop: 'cut', holds: true },
  slow: { blocks: [{ text: 'Patience pays.' }], stop: 'end', pause: 60 },
};

/** The answer to a request: `raw` is its body, `heard` the same in the neutral form of the protocol's `hear`. */
export function play(raw, heard) {
  const tag = [...raw.matchAll(/#([a-z]+)/g)].pop()?.[1];
  const script = scripts[tag] ?? scripts.text;
  return script.after && heard.turns.at(-1)?.results.length ? script.after : script;
}

/** The status of an HTTP error that the prompt asks for with `#error-429`; undefined otherwise. */
export const failure = raw => Number(/#error-(\d+)/.exec(raw)?.[1]) || undefined;

/** An answer's text, as the client should see it. */
export const textOf = name => scripts[name].blocks.map(block => block.text ?? '').join('');

/** A turn of the neutral form. Neighbours of one role count as one turn, as the vendors themselves treat them. */
export function turnsOf(list) {
  const turns = [];
  for (const { role, ...parts } of list) {
    if (turns.at(-1)?.role !== role) turns.push({ role, texts: [], images: [], calls: [], results: [], thinking: [] });
    for (const [key, values] of Object.entries(parts)) turns.at(-1)[key].push(...values);
  }
  return turns;
}

/** Cuts a string into pieces of a few characters, as models stream it. */
export const pieces = (string, size = 7) => string.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
