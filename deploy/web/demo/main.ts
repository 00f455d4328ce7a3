/** The demo: what the package does, on a page. */
import { type Behind, createSegmenter, openCamera, type Segmenter } from "@paddleseg/portrait";
import { element, kind, say, show, showControls } from "./page";

const segmenter = createSegmenter();
const beforeVideo = element<HTMLVideoElement>("before-video");
const afterVideo = element<HTMLVideoElement>("after-video");
let photo: Blob | undefined;
let stream: MediaStream | undefined;
let source: MediaStream | undefined;

/** The chosen background, where it is a colour or a picture. */
function behind(): Behind {
  const [picture] = element("behind").files ?? [];
  return kind() === "image" && picture ? picture : (element("colour").value as Behind);
}

const blur = () => ({ strength: element("strength").valueAsNumber });
const wrap = () => ({ lightWrap: element("wrap").valueAsNumber });

async function camera(): Promise<void> {
  await play(await openCamera());
}

async function play(opened: MediaStream): Promise<void> {
  stop();
  photo = undefined;
  source = opened;
  beforeVideo.srcObject = opened;
  void beforeVideo.play();
  const made = await segmenter;
  stream = kind() === "blur" ? await made.blur(opened, blur()) : await made.replace(opened, behind(), wrap());
  afterVideo.srcObject = stream;
  show("video");
}

async function clip(file: File): Promise<void> {
  stop();
  const player = document.createElement("video");
  Object.assign(player, { src: URL.createObjectURL(file), loop: true, muted: true });
  await player.play();
  const capture = (player as unknown as { captureStream?(): MediaStream }).captureStream;
  if (!capture) throw new Error("this browser plays no clips into streams: try a photo or the camera");
  await play(capture.call(player));
}

async function redraw(): Promise<void> {
  const made = await segmenter;
  if (photo) await drawPhoto(made, photo);
  else if (stream && kind() === "blur") await made.changeToBlur(stream, blur());
  else if (stream) await made.changeTo(stream, behind(), wrap());
}

async function drawPhoto(made: Segmenter, file: Blob): Promise<void> {
  const start = performance.now();
  const drawn = {
    blur: () => made.blurPhoto(file, blur()),
    cutout: () => made.cutout(file),
    colour: () => made.replacePhoto(file, behind(), wrap()),
    image: () => made.replacePhoto(file, behind(), wrap()),
  }[kind()];
  const address = URL.createObjectURL(await drawn());
  element<HTMLImageElement>("after-image").src = address;
  element<HTMLAnchorElement>("save").href = address;
  element("figures").textContent = `${Math.round(performance.now() - start)} ms`;
  show("image");
}

async function open(file: File): Promise<void> {
  if (file.type.startsWith("video/")) return clip(file);
  stop();
  photo = file;
  element<HTMLImageElement>("before-image").src = URL.createObjectURL(file);
  await redraw();
}

function stop(): void {
  for (const track of [...(stream?.getTracks() ?? []), ...(source?.getTracks() ?? [])]) track.stop();
  stream = source = undefined;
  element("figures").textContent = "";
}

function whenAsked(work: () => Promise<void>): () => Promise<void> {
  return () => work().then(() => say(), say);
}

element("camera").addEventListener("click", whenAsked(camera));
element("file").addEventListener("change", () => {
  const [file] = element("file").files ?? [];
  if (file) void whenAsked(() => open(file))();
});
for (const id of ["strength", "colour", "behind", "wrap"]) element(id).addEventListener("input", whenAsked(redraw));
for (const choice of document.querySelectorAll('input[name="kind"]')) {
  choice.addEventListener("change", () => {
    showControls();
    void whenAsked(redraw)();
  });
}
element("compare").addEventListener("input", () => {
  element("stage").style.setProperty("--cut", `${element("compare").value}%`);
});

const stage = element("stage");
stage.addEventListener("dragover", (event) => {
  event.preventDefault();
  stage.classList.add("over");
});
stage.addEventListener("dragleave", () => stage.classList.remove("over"));
stage.addEventListener("drop", (event) => {
  event.preventDefault();
  stage.classList.remove("over");
  const [file] = event.dataTransfer?.files ?? [];
  if (file) void whenAsked(() => open(file))();
});

setInterval(async () => {
  const made = await segmenter;
  if (!stream) return;
  const { framesPerSecond, milliseconds, compositor } = await made.figures(stream);
  const threads = made.runtime === "wasm" ? `, ${made.threads} thread${made.threads > 1 ? "s" : ""}` : "";
  const speed = `${framesPerSecond.toFixed(0)} frames/s, ${milliseconds.toFixed(0)} ms a frame`;
  element("figures").textContent = `${speed} (${made.runtime}${threads}, ${compositor})`;
}, 500);

segmenter.catch(say);
if ("serviceWorker" in navigator && import.meta.env.PROD) void navigator.serviceWorker.register("./sw.js");
