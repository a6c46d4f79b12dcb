// Seals and opens age files with npm age-encryption: a JSON array of jobs on standard input, of results on standard output.
//
//   {"seal": base64, "recipients": […] or "passphrase": "…", "armored": bool}    → {"data": base64}
//   {"open": base64, "identities": […] or "passphrase": "…", "armored": bool}    → {"data": base64}
//   {"generate": true}                                                           → {"identity", "recipient"}
//   {"recipientOf": identity}                                                    → {"recipient"}
//
// A job that fails gives {"error": text}.
import { armor, Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

const WORK_FACTOR = 10;
const toBytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const toText = (bytes) => Buffer.from(bytes).toString("base64");

async function seal(job) {
  const encrypter = new Encrypter();
  if (job.passphrase) {
    encrypter.setPassphrase(job.passphrase);
    encrypter.setScryptWorkFactor(WORK_FACTOR);
  }
  for (const recipient of job.recipients ?? []) encrypter.addRecipient(recipient);
  const file = await encrypter.encrypt(toBytes(job.seal));
  return { data: toText(job.armored ? Buffer.from(armor.encode(file)) : file) };
}

async function open(job) {
  const decrypter = new Decrypter();
  if (job.passphrase) decrypter.addPassphrase(job.passphrase);
  for (const identity of job.identities ?? []) decrypter.addIdentity(identity);
  const file = job.armored ? armor.decode(Buffer.from(job.open, "base64").toString("ascii")) : toBytes(job.open);
  return { data: toText(await decrypter.decrypt(file)) };
}

async function run(job) {
  try {
    if ("seal" in job) return await seal(job);
    if ("open" in job) return await open(job);
    const identity = job.recipientOf ?? (await generateHybridIdentity());
    return { identity, recipient: await identityToRecipient(identity) };
  } catch (error) {
    return { error: String(error) };
  }
}

let input = "";
for await (const chunk of process.stdin) input += chunk;
const results = [];
for (const job of JSON.parse(input)) results.push(await run(job));
process.stdout.write(JSON.stringify(results));
