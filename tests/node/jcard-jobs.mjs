// Reads cards with npm ical.js: an array of jobs on standard input, of results on standard output, both JSON.
//
//   {"jcard": [card, …]}     → {"cards": [[[name, values, language], …], …], "vcard": text}
//   {"vcard": text}          → {"jcard": [card, …]}
import ICAL from "ical.js";

const shown = (property) => [property.name, property.getValues().map((value) => (Array.isArray(value) ? value : String(value))),
  property.getParameter("language") ?? null];

function run(job) {
  if (job.vcard !== undefined) return { jcard: [ICAL.parse(job.vcard)].map((found) => (found[0] === "vcard" ? [found] : found)).flat() };
  const components = job.jcard.map((card) => new ICAL.Component(card));
  return { cards: components.map((each) => each.getAllProperties().map(shown)), vcard: components.map((each) => each.toString()).join("\r\n") };
}

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
console.log(JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()).map(run)));
