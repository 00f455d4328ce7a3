/** WebGL2 programs of the compositor. Pictures have their first row at v = 0. */
import { RAMP } from "../mask/matte";
import { SURE, TINY } from "./local_mean";

const HEAD = "#version 300 es\nprecision highp float;\n";

/** A triangle over all of the target. `turn` is -1 where row 0 is shown on top. */
export const VERTEX = `${HEAD}
uniform float turn;
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3. : -1., gl_VertexID == 2 ? 3. : -1.);
  at = corner * vec2(.5, .5 * turn) + .5;
  gl_Position = vec4(corner, 0, 1);
}`;

/**
 * Shrinks: the mean of blocks of pixels, times how much these count; opacity says how much of a block is people.
 * A tap between two pixels takes both.
 */
export const WEIGH = `${HEAD}
uniform sampler2D picture, opacity;
uniform int side;      // taps of a block, across and down
uniform vec2 step;     // from one tap to the next
uniform int which;     // 0 people, 1 background, 2 all
in vec2 at;
out vec4 result;
void main() {
  vec4 sum = vec4(0);
  vec2 first = at - step * float(side - 1) * .5;
  for (int y = 0; y < side; y++) for (int x = 0; x < side; x++) {
    vec2 tap = first + step * vec2(x, y);
    sum += vec4(texture(picture, tap).rgb, texture(opacity, tap).r);
  }
  sum /= float(side * side);
  float share = which == 2 ? 1. : clamp(which == 0 ? sum.a * ${SURE}. + ${1 - SURE}. : 1. - sum.a * ${SURE}., 0., 1.);
  // What is people is kept where all count: light wrap asks how much of it is around.
  result = which == 2 ? sum : vec4(sum.rgb * share, share);
}`;

/** A Gaussian along one direction; at the second one the sums are divided by their weights. */
export const GAUSS = `${HEAD}
uniform sampler2D source, whole;
uniform vec2 step;
uniform float sigma;
uniform int radius;
uniform bool divide;
uniform float level;
in vec2 at;
out vec4 result;
void main() {
  vec4 sum = vec4(0);
  float weights = 0.;
  for (int k = -radius; k <= radius; k++) {
    float weight = exp(-float(k * k) / (2. * sigma * sigma));
    sum += weight * texture(source, at + float(k) * step);
    weights += weight;
  }
  sum /= weights;
  if (divide) {
    sum += ${TINY} * textureLod(whole, vec2(.5), level);
    sum = vec4(sum.rgb / max(sum.a, 1e-6), 1);
  }
  result = sum;
}`;

/** The composite at full size. */
export const COMPOSE = `${HEAD}
uniform sampler2D picture, lines, front, back, behind, glow;
uniform int kind;      // 0 blur, 1 colour, 2 image
uniform vec3 colour;
uniform float wrap;
uniform vec2 extent;   // of the picture within what the lines cover
in vec2 at;
out vec4 result;
void main() {
  vec3 photo = texture(picture, at).rgb;
  float light = floor(dot(photo, vec3(9798, 19235, 3735) / 32768.) * 255. + .5) / 255.;
  vec2 line = texture(lines, at * extent).rg;
  float prob = clamp(line.r * light + line.g, 0., 1.);
  float ramp = clamp((prob - ${RAMP[0]}) / ${(RAMP[1] - RAMP[0]).toFixed(3)}, 0., 1.);
  float share = ramp * ramp * (3. - 2. * ramp);
  vec3 other = kind == 0 ? texture(back, at).rgb : kind == 1 ? colour : texture(behind, at).rgb;
  vec3 own = photo;
  if (kind != 0 && share > 0. && share < 1.) {
    vec3 mean = texture(front, at).rgb;
    own = clamp(mean + share * (photo - share * mean - (1. - share) * texture(back, at).rgb), 0., 1.);
  }
  vec3 mixed = mix(other, own, share);
  if (wrap > 0.) {
    vec4 around = texture(glow, at);
    mixed = mix(mixed, kind == 1 ? colour : around.rgb, wrap * (1. - around.a) * share);
  }
  result = vec4(mixed, 1);
}`;
