import type { Rgba } from "../mask/arrays";
import { type Lines, smallProb } from "../mask/edges";
import { opacity } from "../mask/matte";
import { type Background, blurRadius, EDGE_SHARE, WRAP_SHARE } from "./background";
import { filling } from "./canvas_2d";
import type { Compositor } from "./compositor";
import { type Program, program, type Texture, texture } from "./gl";
import { bind, Means } from "./means";
import { COMPOSE, VERTEX } from "./shaders";

/** What processors that do a graphics processor's work are called; browsers do not always call them slow. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function rendererOf(gl: WebGL2RenderingContext): string {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

/** Draws by WebGL2: one pass at full size, all else on small copies. */
export class WebGl implements Compositor {
  readonly kind = "webgl2";
  private readonly compose: Program;
  private readonly front: Means;
  private readonly back: Means;
  private readonly glow: Means;
  private readonly textures = new Map<string, Texture>();
  private image?: ImageBitmap;

  /**
   * A compositor, or nothing where there is no graphics processor, or one that lacks something.
   *
   * @param slowToo - Also where a processor does a graphics processor's work.
   */
  static open(slowToo = false): WebGl | undefined {
    const canvas = new OffscreenCanvas(1, 1);
    const wishes = { alpha: false, antialias: false, depth: false, failIfMajorPerformanceCaveat: !slowToo };
    const gl = canvas.getContext("webgl2", wishes) as WebGL2RenderingContext | null;
    if (gl && !slowToo && SOFTWARE.test(rendererOf(gl))) return undefined;
    if (!gl?.getExtension("EXT_color_buffer_float") && !gl?.getExtension("EXT_color_buffer_half_float"))
      return undefined;
    return new WebGl(canvas, gl);
  }

  private constructor(
    private readonly canvas: OffscreenCanvas,
    private readonly gl: WebGL2RenderingContext,
  ) {
    this.compose = program(gl, VERTEX, COMPOSE);
    this.front = new Means(gl, "foreground");
    this.back = new Means(gl, "background");
    this.glow = new Means(gl, "all");
    // Half precision moves an edge by no more than a grey level or two.
    this.lineFormat = gl.getExtension("OES_texture_float_linear") ? gl.RG32F : gl.RG16F;
  }

  private readonly lineFormat: number;

  frame(picture: Rgba, lines: Lines, background: Background, init: VideoFrameInit): VideoFrame {
    this.draw(picture, lines, background);
    return new VideoFrame(this.canvas, { ...init, alpha: "discard" });
  }

  async bitmap(picture: Rgba, lines: Lines, background: Background): Promise<ImageBitmap> {
    this.draw(picture, lines, background);
    return this.canvas.transferToImageBitmap();
  }

  private draw(picture: Rgba, lines: Lines, background: Background): void {
    const { gl } = this;
    const { width, height } = picture;
    const longer = Math.max(width, height);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const shown = this.upload("picture", gl.RGBA8, width, height, gl.RGBA, gl.UNSIGNED_BYTE, picture.data);
    const { slope, offset, side } = lines;
    const pairs = new Float32Array(2 * slope.data.length);
    for (let k = 0; k < slope.data.length; k++) {
      pairs[2 * k] = slope.data[k];
      pairs[2 * k + 1] = offset.data[k];
    }
    const line = this.upload("lines", this.lineFormat, slope.width, slope.height, gl.RG, gl.FLOAT, pairs);
    const small = opacity(smallProb(lines));
    const share = this.upload("opacity", gl.R8, small.width, small.height, gl.RED, gl.UNSIGNED_BYTE, small.data);
    const blurs = background.kind === "blur";
    const radius = blurs ? blurRadius(background.strength, width, height) : longer * EDGE_SHARE;
    const back = this.back.of(shown, share, radius);
    const front = blurs ? back : this.front.of(shown, share, radius);
    const behind = background.kind === "image" ? this.imageOf(background.image, width, height) : back;
    const wrap = background.kind === "blur" ? 0 : background.lightWrap;
    const glow = wrap ? this.glow.of(behind === back ? shown : behind, share, longer * WRAP_SHARE) : back;
    const { program, place } = this.compose;
    gl.useProgram(program);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
    bind(gl, place, { picture: shown, lines: line, front, back, behind, glow });
    gl.uniform1f(place("turn"), -1);
    gl.uniform1i(place("kind"), { blur: 0, colour: 1, image: 2 }[background.kind]);
    if (background.kind === "colour") {
      const [red, green, blue] = background.colour;
      gl.uniform3f(place("colour"), red / 255, green / 255, blue / 255);
    }
    gl.uniform2f(place("extent"), width / (slope.width * side), height / (slope.height * side));
    gl.uniform1f(place("wrap"), wrap);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  release(): void {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  private imageOf(image: ImageBitmap, width: number, height: number): Texture {
    const held = this.textures.get("image");
    if (held && this.image === image && held.width === width && held.height === height) return held;
    this.image = image;
    const { gl } = this;
    return this.upload("image", gl.RGBA8, width, height, gl.RGBA, gl.UNSIGNED_BYTE, filling(image, width, height).data);
  }

  private upload(
    name: string,
    format: number,
    width: number,
    height: number,
    layout: number,
    type: number,
    data: ArrayBufferView,
  ): Texture {
    const { gl } = this;
    let held = this.textures.get(name);
    if (held?.width !== width || held.height !== height) {
      if (held) gl.deleteTexture(held.texture);
      held = texture(gl, format, width, height);
      this.textures.set(name, held);
    }
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, held.texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    const bytes = data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, layout, type, bytes);
    return held;
  }
}
