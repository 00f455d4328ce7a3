// `node scripts/card.mjs CARD.yml GRAPH.onnx`: prints what the package has to know of a model, taken from its card.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";

/** The steps of a card that this package can do; another one is an error, not a wrong mask. */
const PREPROCESS = ["ResizeToArea", "Normalize"];
const POSTPROCESS = ["drop_specks", "to_picture", "refine_edges", "drop_specks", "to_mask"];
/** May come before those. */
const FIRST = "drop_faint";

export function webCard(cardFile, graphFile) {
  const card = parse(readFileSync(cardFile, "utf8"));
  const [resize, normalize] = steps(card.preprocess, PREPROCESS, cardFile);
  const faint = card.postprocess?.[0]?.type === FIRST ? card.postprocess[0] : null;
  const [specks, , edges, again, mask] = steps(card.postprocess?.slice(faint ? 1 : 0), POSTPROCESS, cardFile);
  if (specks.smallest !== again.smallest) throw new Error(`${cardFile}: the two drop_specks differ`);
  if (card.outputs[0].kind !== "prob")
    throw new Error(`${cardFile}: gives ${card.outputs[0].kind}; export it with --output_op softmax`);
  const three = (numbers) => (numbers.length === 1 ? [0, 1, 2].map(() => numbers[0]) : numbers);
  return {
    name: card.name,
    sha256: createHash("sha256").update(readFileSync(graphFile)).digest("hex"),
    area: resize.target_size[0] * resize.target_size[1],
    divisor: resize.size_divisor,
    mean: three(normalize.mean),
    std: three(normalize.std),
    faintest: faint?.peak ?? 0,
    smallest: specks.smallest,
    radius: edges.radius,
    threshold: mask.threshold,
  };
}

function steps(given, wanted, where) {
  const names = (given ?? []).map(({ type }) => type);
  if (names.join() !== wanted.join())
    throw new Error(`${where}: has the steps ${names.join(", ")}; the package does ${wanted.join(", ")}`);
  return given;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [cardFile, graphFile] = process.argv.slice(2);
  if (!graphFile) {
    console.error("node scripts/card.mjs CARD.yml GRAPH.onnx");
    process.exit(2);
  }
  try {
    console.log(JSON.stringify(webCard(cardFile, graphFile), null, 2));
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}
