"""Every loss once more, in plain NumPy loops straight from its formula: float64 (N, C, H, W) and labels (N, H, W)."""

from __future__ import annotations

import cv2
import numpy as np

IGNORED = 255


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def pixels(labels):
    """(n, y, x, class) of every pixel that counts."""
    return [(*place, labels[place]) for place in np.ndindex(labels.shape) if labels[place] != IGNORED]


def cross_entropy(logits, labels, weight=None, smoothing=0.0, top_k=1.0):
    prob = softmax(logits)
    losses, weights = [], []
    for n, y, x, c in pixels(labels):
        target = np.full(prob.shape[1], smoothing / prob.shape[1])
        target[c] += 1 - smoothing
        losses.append(-(target * np.log(prob[n, :, y, x])).sum())
        weights.append(1.0 if weight is None else weight[c])
    order = np.argsort(losses)[::-1][: int(top_k * labels.size)]
    losses, weights = np.array(losses)[order], np.array(weights)[order]
    return (losses * weights).sum() / weights.sum()


def ohem(logits, labels, thresh, min_kept):
    prob = softmax(logits)
    own = sorted(prob[n, c, y, x] for n, y, x, c in pixels(labels))
    kept = [p for place, p in enumerate(own) if p <= thresh or place < min_kept]
    return -np.log(kept).mean()


def bootstrapped(logits, labels, min_kept, threshold):
    prob, means = softmax(logits), []
    for image in range(len(labels)):
        losses = sorted((-np.log(prob[n, c, y, x]) for n, y, x, c in pixels(labels) if n == image), reverse=True)
        means.append(np.mean([loss for place, loss in enumerate(losses) if loss > threshold or place < min_kept]))
    return np.mean(means)


def dice(logits, labels, smooth=1.0):
    prob, losses = softmax(logits), []
    for c in range(logits.shape[1]):
        known = labels != IGNORED
        p, g = prob[:, c][known], (labels == c)[known]
        losses.append(1 - (2 * (p * g).sum() + smooth) / (p.sum() + g.sum() + smooth))
    return np.mean(losses)


def lovasz_extension(errors, truth):
    """Sum of errors, largest first, times the growth of 1 - IoU as each joins the set of wrong pixels."""
    order = np.argsort(-errors, kind="stable")
    wrong, before, total = np.zeros(len(errors), bool), 0.0, 0.0
    for place in order:
        wrong[place] = True
        found = truth ^ wrong
        union = (truth | found).sum()
        jaccard_loss = 1 - (truth & found).sum() / union if union else 0.0
        total += errors[place] * (jaccard_loss - before)
        before = jaccard_loss
    return total


def lovasz_softmax(logits, labels):
    prob, known = softmax(logits), labels != IGNORED
    return np.mean(
        [
            lovasz_extension(np.abs((labels == c) - prob[:, c])[known], (labels == c)[known])
            for c in range(logits.shape[1])
            if (labels == c).any()
        ]
    )


def lovasz_hinge(logits, labels):
    score, known = logits[:, 1] - logits[:, 0], labels != IGNORED
    sign = 2 * (labels == 1) - 1.0
    return lovasz_extension(np.maximum(0, 1 - score * sign)[known], (labels == 1)[known])


def binary(logits, labels):
    losses = []
    for n, y, x, c in pixels(labels):
        for channel in range(logits.shape[1]):
            yes = c == (1 if logits.shape[1] == 1 else channel)
            p = sigmoid(logits[n, channel, y, x])
            losses.append(-np.log(p if yes else 1 - p))
    return np.mean(losses)


def focal(logits, labels, alpha=0.25, gamma=2.0):
    total = 0.0
    for n, y, x, c in pixels(labels):
        for channel in range(logits.shape[1]):
            p = sigmoid(logits[n, channel, y, x])
            right, weight = (p, alpha) if channel == c else (1 - p, 1 - alpha)
            total += -weight * (1 - right) ** gamma * np.log(right)
    return total / len(pixels(labels))


def multi_class_focal(logits, labels, alpha=1.0, gamma=2.0):
    own = np.array([softmax(logits)[n, c, y, x] for n, y, x, c in pixels(labels)])
    return (-alpha * (1 - own) ** gamma * np.log(own)).mean()


def rmi(logits, labels, radius=3, pool=3, share=0.5, ridge=1e-6):
    known = labels != IGNORED

    def vectors(plane):
        padded = np.pad(plane, pool // 2, constant_values=-np.inf)
        small = np.array(
            [
                [padded[y : y + pool, x : x + pool].max() for x in range(0, padded.shape[1] - pool + 1, pool)]
                for y in range(0, padded.shape[0] - pool + 1, pool)
            ]
        )
        rows, columns = (length - radius + 1 for length in small.shape)
        found = [small[y : y + radius, x : x + radius].ravel() for y in range(rows) for x in range(columns)]
        return np.array(found).T - np.mean(found, axis=0)[:, None]

    def uncertainty(label, given):
        size, eye = label.shape[1], ridge * np.eye(radius**2)
        remaining = label @ label.T / size
        remaining -= (label @ given.T / size) @ np.linalg.inv(given @ given.T / size + eye) @ (given @ label.T / size)
        return np.linalg.slogdet(remaining + eye)[1]

    total = 0.0
    for n in range(len(labels)):
        for c in range(logits.shape[1]):
            label = vectors((labels[n] == c) * 1.0 * known[n])
            given = vectors(sigmoid(logits[n, c]) * known[n])
            total += uncertainty(label, given) - uncertainty(label, label)
    return share * binary(logits, labels) + (1 - share) * 0.5 * total / len(labels) / radius**2


def edge_attention(maps, labels, threshold=0.8):
    logits, edge = maps
    near = np.where(sigmoid(edge[:, 0]) > threshold, labels, IGNORED)
    return cross_entropy(logits, near)


def ohem_edge_attention(maps, labels, thresh, min_kept, threshold=0.8):
    logits, edge = maps
    return ohem(logits, np.where(sigmoid(edge[:, 0]) > threshold, labels, IGNORED), thresh, min_kept)


def steepness(maps, reach=4):
    """How fast smoothed maps (N, C, H, W) change, as a share of the largest change."""
    triangle = np.array([*range(1, reach + 1), reach + 1, *range(reach, 0, -1)]) / (reach + 1) ** 2
    for axis in (2, 3):
        edges = [(reach, reach) if each == axis else (0, 0) for each in range(4)]
        padded = np.pad(maps, edges, mode="symmetric")
        maps = np.apply_along_axis(np.convolve, axis, padded, triangle, mode="valid")
    padded = np.pad(maps, [(0, 0), (0, 0), (1, 1), (1, 1)])
    down = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    right = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    size = np.sqrt(down**2 + right**2 + 1e-6)
    return size / size.max()


def dual_task(logits, labels, noise, tau=0.5):
    known = (labels != IGNORED)[:, None]
    truth = np.where(known, labels[:, None] == np.arange(logits.shape[1])[:, None, None], False)
    truth[:, :1] |= ~known
    sampled = softmax((logits * known - np.log(1e-10 - np.log(noise + 1e-10))) / tau)
    distance = np.abs(steepness(sampled) - steepness(truth.astype(float))) * known
    return distance.sum() / known.sum() / logits.shape[1]


def contours(label):
    """Contour map of one label (H, W): the Laplacian at three strides."""
    height, width = label.shape
    padded, total = np.pad(label.astype(float), 1, mode="edge"), np.zeros(label.shape)
    for stride, weight in ((1, 0.6), (2, 0.3), (4, 0.1)):
        for y in range(height):
            for x in range(width):
                # nearest enlargement of the strided map: the pixel takes the value found at its block's corner
                rows, columns = -(-height // stride), -(-width // stride)
                v, u = (y * rows // height) * stride, (x * columns // width) * stride
                around = padded[v : v + 3, u : u + 3]
                total[y, x] += weight * (9 * around[1, 1] - around.sum() > 0.1)
    return total > 0.1


def detail_aggregate(logits, labels):
    losses, dices = [], []
    for logit, label in zip(logits[:, 0], labels, strict=True):
        known = cv2.dilate((label == IGNORED).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
        edge, p = contours(label), sigmoid(logit)
        losses += list(-np.log(np.where(edge, p, 1 - p))[known])
        dices.append(1 - (2 * p[known & edge].sum() + 1) / (p[known].sum() + (known & edge).sum() + 1))
    return np.mean(losses) + np.mean(dices)


def relax_boundary(logits, labels, border=1):
    prob, losses = softmax(logits), []
    for n, y, x, _ in pixels(labels):
        near = labels[n, max(0, y - border) : y + border + 1, max(0, x - border) : x + border + 1]
        allowed = [c for c in np.unique(near) if c != IGNORED]
        losses.append(-np.log(prob[n, allowed, y, x].sum()))
    return np.mean(losses)


def over_pixels(values, labels):
    return np.mean([values[n, y, x] for n, y, x, _ in pixels(labels)])


def kl(student, teacher, labels, temperature=1.0):
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return over_pixels((p * np.log(p / q)).sum(axis=1), labels) * temperature**2


def distill_cross_entropy(student, teacher, labels):
    return over_pixels(-(softmax(teacher) * np.log(softmax(student))).sum(axis=1), labels)


def channel_wise(student, teacher, labels, temperature):
    """Channel by channel, over the pixels that count."""
    losses = []
    for n, label in enumerate(labels):
        for c in range(student.shape[1]):
            s, t = (maps[n, c][label != IGNORED] / temperature for maps in (student, teacher))
            p, q = np.exp(t) / np.exp(t).sum(), np.exp(s) / np.exp(s).sum()
            losses.append((p * np.log(p / q)).sum() * temperature**2)
    return np.mean(losses)


def pair_wise(student, teacher, labels, parts):
    """Pair by pair of parts in which something counts."""
    losses = []
    for n, label in enumerate(labels):
        boxes = [
            (slice(y * h // parts, -(-(y + 1) * h // parts)), slice(x * w // parts, -(-(x + 1) * w // parts)))
            for h, w in [label.shape]
            for y in range(parts)
            for x in range(parts)
        ]
        boxes = [box for box in boxes if (label[box] != IGNORED).any()]
        means = [
            [maps[n][:, rows, columns][:, label[rows, columns] != IGNORED].mean(axis=1) for rows, columns in boxes]
            for maps in (student, teacher)
        ]
        own, wanted = ([mean / np.linalg.norm(mean) for mean in each] for each in means)
        losses += [(own[i] @ own[j] - wanted[i] @ wanted[j]) ** 2 for i in range(len(own)) for j in range(len(own))]
    return np.mean(losses)


def connectivity(logits, labels, count="components"):
    """Equations 1-5, pair by pair."""
    prob, per_image = softmax(logits), []
    for n, label in enumerate(labels):
        known, mask, losses = label != IGNORED, logits[n].argmax(axis=0), []
        for c in range(logits.shape[1]):
            p_map, g_map = (mask == c) & known, (label == c) & known
            if not p_map.any() and not g_map.any():
                continue
            found, truth = parts(p_map), parts(g_map)
            pairs = [(g, p) for g in truth for p in found if (g & p).any()]
            if not pairs:
                losses.append((prob[n, c] * (known & ~g_map) + g_map).sum() / label.size)
                continue
            total = 0.0
            for g in truth:
                ious = []
                for p in (p for h, p in pairs if h is g):
                    shared = prob[n, c][g & p].sum()
                    ious.append(shared / (g.sum() + prob[n, c][p].sum() - shared))
                total += np.mean(ious) if ious else 0.0
            lonely_found = sum(not any(p is q for _, q in pairs) for p in found)
            lonely_truth = sum(not any(g is h for h, _ in pairs) for g in truth)
            counted = len(truth) if count == "components" else len(pairs) + lonely_truth
            losses.append(1 - total / (counted + lonely_found))
        per_image.append(np.mean(losses) if losses else 0.0)
    return np.mean(per_image)


def parts(region):
    amount, numbers = cv2.connectedComponents(region.astype(np.uint8), connectivity=8)
    return [numbers == number for number in range(1, amount)]


def soft_label(logits, soft):
    q = softmax(logits)
    p = np.stack([1 - soft / 254, soft / 254], axis=1).clip(1e-300, 1)
    return over_pixels((p * (np.log(p) - np.log(q))).sum(axis=1), soft)
