/** The page's elements and what they say. */
export function element<T extends HTMLElement = HTMLInputElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** The background that was chosen. */
export function kind(): "blur" | "colour" | "image" | "cutout" {
  return (document.querySelector('input[name="kind"]:checked') as HTMLInputElement).value as ReturnType<typeof kind>;
}

/** The two layers that are compared, of a clip or of a photo; the others are hidden. */
export function show(what: "video" | "image"): void {
  for (const layer of document.querySelectorAll<HTMLElement>(".layer")) layer.hidden = !layer.id.endsWith(what);
  element("empty").hidden = true;
  for (const id of ["line", "compare-choice"]) element(id).hidden = false;
  element("cutout-choice").hidden = what === "video";
  element("save").hidden = what === "video";
}

/** Controls that belong to the chosen background. */
export function showControls(): void {
  for (const label of document.querySelectorAll<HTMLElement>("[data-for]")) {
    label.hidden = !label.dataset.for?.split(" ").includes(kind());
  }
}

/** Tell a person what went wrong; nothing when it is over. */
export function say(error?: unknown): void {
  element("error").textContent = error === undefined ? "" : error instanceof Error ? error.message : String(error);
}
