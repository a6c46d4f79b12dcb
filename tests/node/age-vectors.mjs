// Prints the public age test vectors (npm cctv-age) as one JSON object: name to base64.
import * as vectors from "cctv-age";

const texts = Object.entries(vectors).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]);
process.stdout.write(JSON.stringify(Object.fromEntries(texts)));
