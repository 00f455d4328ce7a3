import { type Program, program, type Target, type Texture, target } from "./gl";
import { shrinking, type Which } from "./local_mean";
import { GAUSS, VERTEX, WEIGH } from "./shaders";

const WHICH = { foreground: 0, background: 1, all: 2 };

/** Local means of a picture's colours by WebGL2; the same numbers as `localMean`, but for half precision. */
export class Means {
  private readonly weigh: Program;
  private readonly gauss: Program;
  private targets?: { size: string; weighted: Target; narrow: Target; result: Target };

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly which: Which,
  ) {
    this.weigh = program(gl, VERTEX, WEIGH);
    this.gauss = program(gl, VERTEX, GAUSS);
  }

  /** Of "all", the mean opacity is the fourth channel. */
  of(picture: Texture, opacity: Texture, radius: number): Texture {
    const { gl, which } = this;
    const { times, sigma } = shrinking(radius);
    const width = Math.max(picture.width >> times, 1);
    const height = Math.max(picture.height >> times, 1);
    const { weighted, narrow, result } = this.targetsOf(width, height);
    const side = Math.max(2 ** (times - 1), 1);
    this.draw(this.weigh, weighted, { picture, opacity }, (place) => {
      gl.uniform1i(place("side"), side);
      gl.uniform2f(place("step"), 1 / (width * side), 1 / (height * side));
      gl.uniform1i(place("which"), WHICH[which]);
    });
    gl.bindTexture(gl.TEXTURE_2D, weighted.texture);
    if (which !== "all") gl.generateMipmap(gl.TEXTURE_2D);
    const pass = (source: Target, to: Target, step: [number, number], divide: boolean) =>
      this.draw(this.gauss, to, { source, whole: weighted }, (place) => {
        gl.uniform2f(place("step"), ...step);
        gl.uniform1f(place("sigma"), sigma);
        gl.uniform1i(place("radius"), Math.round(sigma * 8 + 1) >> 1);
        gl.uniform1i(place("divide"), Number(divide));
        gl.uniform1f(place("level"), Math.floor(Math.log2(Math.max(width, height))));
      });
    pass(weighted, narrow, [1 / width, 0], false);
    pass(narrow, result, [0, 1 / height], which !== "all");
    return result;
  }

  private draw(
    { program, place }: Program,
    to: Target,
    inputs: Record<string, Texture>,
    set: (place: Program["place"]) => void,
  ): void {
    const { gl } = this;
    gl.useProgram(program);
    gl.bindFramebuffer(gl.FRAMEBUFFER, to.frame);
    gl.viewport(0, 0, to.width, to.height);
    gl.uniform1f(place("turn"), 1);
    bind(gl, place, inputs);
    set(place);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private targetsOf(width: number, height: number) {
    const { gl } = this;
    const size = `${width}x${height}`;
    if (this.targets?.size === size) return this.targets;
    for (const old of this.targets ? [this.targets.weighted, this.targets.narrow, this.targets.result] : []) {
      gl.deleteTexture(old.texture);
      gl.deleteFramebuffer(old.frame);
    }
    const made = (mirrored: boolean) => target(gl, gl.RGBA16F, width, height, mirrored);
    this.targets = { size, weighted: made(true), narrow: made(true), result: made(false) };
    return this.targets;
  }
}

/** Gives a program its textures. */
export function bind(gl: WebGL2RenderingContext, place: Program["place"], inputs: Record<string, Texture>): void {
  Object.entries(inputs).forEach(([name, { texture }], unit) => {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(place(name), unit);
  });
}
