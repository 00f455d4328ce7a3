// `npm run model`: the portrait model of the Python package and its card, as the build takes them.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { webCard } from "./card.mjs";

const here = new URL("../", import.meta.url).pathname;
const zoo = `${here}../../paddleseg/zoo/portrait`;
mkdirSync(`${here}model`, { recursive: true });
copyFileSync(`${zoo}.onnx`, `${here}model/portrait.onnx`);
writeFileSync(`${here}model/portrait.json`, `${JSON.stringify(webCard(`${zoo}.yml`, `${zoo}.onnx`), null, 2)}\n`);
