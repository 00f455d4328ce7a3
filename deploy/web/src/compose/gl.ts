/** The little of WebGL2 that the compositor needs. */

/** A picture in the graphics processor's memory. */
export interface Texture {
  texture: WebGLTexture;
  width: number;
  height: number;
}

/** A program and the places of its uniforms. */
export interface Program {
  program: WebGLProgram;
  place(name: string): WebGLUniformLocation | null;
}

/** Compiles a program. */
export function program(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const made = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(kind) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) {
    const said = gl.getAttachedShaders(made)?.map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`WebGL2: ${said?.join(" ")} ${gl.getProgramInfoLog(made)}`);
  }
  const places = new Map<string, WebGLUniformLocation | null>();
  const place = (name: string) => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(made, name));
    return places.get(name) as WebGLUniformLocation | null;
  };
  return { program: made, place };
}

/** An empty texture, interpolated, its border repeated or mirrored. */
export function texture(
  gl: WebGL2RenderingContext,
  format: number,
  width: number,
  height: number,
  mirrored = false,
): Texture {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  const levels = mirrored ? Math.floor(Math.log2(Math.max(width, height))) + 1 : 1;
  gl.texStorage2D(gl.TEXTURE_2D, levels, format, width, height);
  const wrap = mirrored ? gl.MIRRORED_REPEAT : gl.CLAMP_TO_EDGE;
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, wrap);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, wrap);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, mirrored ? gl.LINEAR_MIPMAP_NEAREST : gl.LINEAR);
  return { texture: made, width, height };
}

/** What is written into a texture. */
export interface Target extends Texture {
  frame: WebGLFramebuffer;
}

export function target(
  gl: WebGL2RenderingContext,
  format: number,
  width: number,
  height: number,
  mirrored = false,
): Target {
  const made = texture(gl, format, width, height, mirrored);
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, made.texture, 0);
  return { ...made, frame };
}
