"""In which direction each character of a paragraph runs: the Unicode bidirectional algorithm (UAX #9). Pure.

No library on PyPI gives embedding levels for all platforms, and a reordered string is not enough: runs must be shaped
in logical order. The rules keep the names of the standard (P, X, W, N, I, L), so that they can be read beside it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MAX_DEPTH = 125
_ISOLATES = {"LRI", "RLI", "FSI"}
_EXPLICIT = {"LRE", "RLE", "LRO", "RLO", "PDF", "BN"}
_NEUTRAL = {"B", "S", "WS", "ON", "LRI", "RLI", "FSI", "PDI"}
# BidiBrackets.txt, in pairs; the angle brackets U+2329, U+232A are their canonical equals U+3008, U+3009.
_BRACKETS = (
    "()[]{}༺༻༼༽᚛᚜⁅⁆⁽⁾₍₎⌈⌉⌊⌋〈〉❨❩❪❫❬❭❮❯❰❱❲❳❴❵⟅⟆⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯⦃⦄⦅⦆⦇⦈⦉⦊⦋⦌⦍⦐⦏⦎⦑⦒⦓⦔⦕⦖⦗⦘⧘⧙⧚⧛⧼⧽⸢⸣⸤⸥⸦⸧⸨⸩"
    "⹕⹖⹗⹘⹙⹚⹛⹜〈〉《》「」『』【】〔〕〖〗〘〙〚〛﹙﹚﹛﹜﹝﹞（）［］｛｝｟｠｢｣"
)
_CLOSING = {opening: _BRACKETS[2 * index + 1] for index, opening in enumerate(_BRACKETS[::2])}
_CLOSERS = set(_CLOSING.values())
_EQUAL = {"\u2329": "\u3008", "\u232a": "\u3009"}


def levels_of(text: str, base: int | None = None) -> tuple[int, list[int]]:
    """The level of the paragraph, and of each of its characters: even ones run to the right, odd ones to the left.

    ``base`` is the level of the paragraph; left out, its first strong character decides.
    """
    classes = [unicodedata.bidirectional(character) or "L" for character in text]
    if base is None:
        base = _first_strong(classes, 0, len(classes))
    if all(each in ("L", "WS", "ON", "EN", "ES", "ET", "CS", "S", "B", "NSM") for each in classes) and base == 0:
        return 0, [0] * len(text)
    levels, classes = _explicit(classes, base)
    for sequence in list(_isolating_runs(classes, levels, base)):
        _resolve(sequence, text, classes, levels)
    for index in range(len(text)):
        if classes[index] in _EXPLICIT:  # X9 removes these; they take the level of what stands before them.
            levels[index] = levels[index - 1] if index else base
    _reset_whitespace(text, levels, base)
    return base, levels


def visual_order(levels: Sequence[int]) -> list[int]:
    """Rule L2: the indices of these characters, or runs, from left to right."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            if levels[order[start]] < level:
                start += 1
                continue
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end
    return order


def _first_strong(classes: Sequence[str], start: int, end: int) -> int:
    """P2 and P3; what lies between an isolate and its end does not count."""
    depth = 0
    for index in range(start, end):
        kind = classes[index]
        if kind in _ISOLATES:
            depth += 1
        elif kind == "PDI":
            if depth == 0 and start:
                return 0
            depth = max(0, depth - 1)
        elif depth == 0 and kind in ("L", "R", "AL"):
            return 0 if kind == "L" else 1
    return 0


def _explicit(classes: Sequence[str], base: int) -> tuple[list[int], list[str]]:
    """X1 to X8: levels by embeddings, overrides and isolates; and the classes that overrides leave."""
    stack: list[tuple[int, str | None, bool]] = [(base, None, False)]
    levels, resolved = [], list(classes)
    lost_isolates = lost_embeddings = open_isolates = 0
    for index, written in enumerate(classes):
        kind = written
        if kind == "FSI":
            kind = "RLI" if _first_strong(classes, index + 1, len(classes)) else "LRI"
        if kind == "PDI":
            if lost_isolates:
                lost_isolates -= 1
            elif open_isolates:
                lost_embeddings = 0
                while not stack[-1][2]:
                    stack.pop()
                stack.pop()
                open_isolates -= 1
        level, override, _ = stack[-1]
        levels.append(base if kind == "B" else level)
        if override and kind not in _EXPLICIT and kind != "B":
            resolved[index] = override
        if kind in ("LRE", "RLE", "LRO", "RLO", "LRI", "RLI"):
            isolate = kind.endswith("I")
            deeper = (level + 1) | 1 if kind.startswith("R") else (level + 2) & ~1
            if deeper <= _MAX_DEPTH and not lost_isolates and not lost_embeddings:
                forced = {"LRO": "L", "RLO": "R"}.get(kind)
                stack.append((deeper, forced, isolate))
                open_isolates += isolate
            elif isolate:
                lost_isolates += 1
            elif not lost_isolates:
                lost_embeddings += 1
        elif kind == "PDF" and not lost_isolates:
            if lost_embeddings:
                lost_embeddings -= 1
            elif len(stack) > 1 and not stack[-1][2]:
                stack.pop()
    return levels, resolved


@dataclass(frozen=True)
class _Sequence:
    """An isolating run sequence: characters that are resolved as if nothing lay between them (BD13)."""

    indices: list[int]
    level: int
    before: str
    after: str


def _isolating_runs(classes: Sequence[str], levels: Sequence[int], base: int) -> Iterator[_Sequence]:
    """X10: the sequences, each with the direction of what stands before and after it."""
    seen = [index for index, kind in enumerate(classes) if kind not in _EXPLICIT]
    runs: list[list[int]] = []
    for index in seen:
        if runs and levels[runs[-1][-1]] == levels[index] and classes[runs[-1][-1]] != "B":
            last = runs[-1][-1]
            if classes[last] not in _ISOLATES or classes[index] == "PDI" or _end_of(classes, last) is None:
                runs[-1].append(index)
                continue
        runs.append([index])
    ends = {run[-1]: _end_of(classes, run[-1]) for run in runs if classes[run[-1]] in _ISOLATES}
    starts = {run[0]: run for run in runs}
    continued = {end for end in ends.values() if end is not None}
    place = {index: number for number, index in enumerate(seen)}
    for run in runs:
        if run[0] in continued:
            continue
        indices = list(run)
        while (end := ends.get(indices[-1])) is not None and end in starts:
            indices += starts[end]
        level = levels[indices[0]]
        first, last = place[indices[0]], place[indices[-1]]
        before = levels[seen[first - 1]] if first else base
        open_end = classes[indices[-1]] in _ISOLATES or last + 1 == len(seen)
        after = base if open_end else levels[seen[last + 1]]
        yield _Sequence(indices, level, _direction(max(level, before)), _direction(max(level, after)))


def _end_of(classes: Sequence[str], start: int) -> int | None:
    """BD9: where the isolate that begins here ends."""
    depth = 0
    for index in range(start, len(classes)):
        if classes[index] in _ISOLATES:
            depth += 1
        elif classes[index] == "PDI":
            depth -= 1
            if depth == 0:
                return index
    return None


def _direction(level: int) -> str:
    return "R" if level % 2 else "L"


def _resolve(sequence: _Sequence, text: str, classes: list[str], levels: list[int]) -> None:
    """W1 to I2 for one sequence."""
    kinds = [classes[index] for index in sequence.indices]
    _weak(kinds, sequence.before)
    _brackets(kinds, sequence, text, classes)
    _neutral(kinds, sequence)
    for index, kind in zip(sequence.indices, kinds, strict=True):
        if levels[index] % 2 == 0:
            levels[index] += {"R": 1, "AN": 2, "EN": 2}.get(kind, 0)
        elif kind in ("L", "EN", "AN"):
            levels[index] += 1


def _weak(kinds: list[str], before: str) -> None:
    """W1 to W7: numbers, what belongs to them, and marks."""
    previous = before
    for index, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[index] = "ON" if previous in _ISOLATES or previous == "PDI" else previous
        previous = kinds[index]
    strong = before
    for index, kind in enumerate(kinds):
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[index] = "AN"
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    for index in range(1, len(kinds) - 1):
        left, kind, right = kinds[index - 1 : index + 2]
        if left == right and ((left == "EN" and kind in ("ES", "CS")) or (left == "AN" and kind == "CS")):
            kinds[index] = left
    index = 0
    while index < len(kinds):
        end = index
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if end > index:
            near = (index and kinds[index - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN")
            kinds[index:end] = ["EN" if near else "ON"] * (end - index)
        index = max(end, index + 1)
    kinds[:] = ["ON" if kind in ("ES", "CS") else kind for kind in kinds]
    strong = before
    for index, kind in enumerate(kinds):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"


def _brackets(kinds: list[str], sequence: _Sequence, text: str, classes: list[str]) -> None:
    """N0: both brackets of a pair go the same way."""
    characters = [text[index] for index in sequence.indices]
    original = [classes[index] for index in sequence.indices]
    inner = _direction(sequence.level)
    for opening, closing in _pairs(kinds, characters):
        inside = {_strong(kind) for kind in kinds[opening + 1 : closing]}
        if inner in inside:
            direction = inner
        elif inside & {"L", "R"}:
            context = next((found for kind in kinds[:opening][::-1] if (found := _strong(kind))), sequence.before)
            direction = context if context != inner else inner
        else:
            continue
        for place in (opening, closing):
            kinds[place] = direction
            after = place + 1
            while after < len(kinds) and original[after] == "NSM":
                kinds[after] = direction
                after += 1


def _pairs(kinds: list[str], characters: list[str]) -> list[tuple[int, int]]:
    """BD16: the pairs of brackets, in the order of their opening ones."""
    waiting: list[tuple[str, int]] = []
    pairs = []
    for index, character in enumerate(characters):
        bracket = _EQUAL.get(character, character)
        if kinds[index] != "ON":
            continue
        if bracket in _CLOSING:
            if len(waiting) == 63:
                return []
            waiting.append((_CLOSING[bracket], index))
        elif bracket in _CLOSERS:
            match = next((place for place in range(len(waiting) - 1, -1, -1) if waiting[place][0] == bracket), None)
            if match is not None:
                pairs.append((waiting[match][1], index))
                del waiting[match:]
    return sorted(pairs)


def _strong(kind: str) -> str:
    return "R" if kind in ("R", "AN", "EN") else "L" if kind == "L" else ""


def _neutral(kinds: list[str], sequence: _Sequence) -> None:
    """N1 and N2: what has no direction takes that of its neighbours when they agree."""
    index = 0
    while index < len(kinds):
        end = index
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > index:
            left = _strong(kinds[index - 1]) if index else sequence.before
            right = _strong(kinds[end]) if end < len(kinds) else sequence.after
            kinds[index:end] = [left if left == right else _direction(sequence.level)] * (end - index)
        index = max(end, index + 1)


def _reset_whitespace(text: str, levels: list[int], base: int) -> None:
    """L1 for a paragraph of one line: separators, and blanks before them or at its end, have the base level."""
    trailing = True
    for index in range(len(text) - 1, -1, -1):
        kind = unicodedata.bidirectional(text[index]) or "L"
        if kind in ("S", "B"):
            trailing = True
        elif kind not in _EXPLICIT | _ISOLATES | {"WS", "PDI"}:
            trailing = False
        if trailing:
            levels[index] = base
