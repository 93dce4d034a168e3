"""What a figure found, what is asked of it, and how that is shown."""
from dataclasses import dataclass
from statistics import median

# How a round is judged: what is compared with the target, and whether more of it is better.
_COMPARISONS = {
    "max": (lambda ours, _: ours, "≤"),
    "ratio_min": (lambda ours, reference: ours / reference, "≥"),
    "ratio_max": (lambda ours, reference: ours / reference, "≤"),
    "difference_us_max": (lambda ours, reference: ours - reference, "≤"),
}


@dataclass
class Result:
    """One figure. `rounds` are pairs of our measurement and the reference's of the same round; without a
    reference the second is None. `note` is a fact that belongs beside it and is not judged."""

    name: str
    unit: str
    compare: str
    target: float
    rounds: list
    note: str = ""

    def __post_init__(self):
        if self.compare not in _COMPARISONS:
            raise ValueError(f"{self.name}: there is no comparison {self.compare!r}, only {', '.join(_COMPARISONS)}")
        if len(self.rounds) < 5:
            raise ValueError(f"{self.name}: {len(self.rounds)} rounds are too few to tell; it takes 5")

    @property
    def values(self):
        """What is judged, round by round."""
        value, _ = _COMPARISONS[self.compare]
        return [value(ours, reference) for ours, reference in self.rounds]

    @property
    def value(self):
        return median(self.values)

    @property
    def sign(self):
        return _COMPARISONS[self.compare][1]

    @property
    def is_met(self):
        return self.value >= self.target if self.sign == "≥" else self.value <= self.target

    def as_json(self):
        return {
            "name": self.name, "unit": self.unit, "compare": self.compare, "target": self.target,
            "rounds": [{"ours": ours, "reference": reference} for ours, reference in self.rounds],
            "value": self.value, "minimum": min(self.values), "maximum": max(self.values), "met": self.is_met,
            "note": self.note,
        }

    def as_row(self):
        ours = [ours for ours, _ in self.rounds]
        references = [reference for _, reference in self.rounds if reference is not None]
        own_unit = {"ratio_min": "×", "ratio_max": "×", "difference_us_max": " µs"}.get(self.compare, f" {self.unit}")
        return [
            self.name,
            f"{_short(median(ours))} {self.unit}",
            f"{_short(median(references))} {self.unit}" if references else "",
            f"{_short(self.value)}{own_unit}",
            f"{_short(min(self.values))}–{_short(max(self.values))}",
            f"{self.sign} {_short(self.target)}{own_unit}",
            "met" if self.is_met else "MISSED",
        ]


def _short(number):
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def table(results):
    rows = [["figure", "ours", "reference", "value", "spread", "target", "verdict"]]
    rows += [result.as_row() for result in results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["─" * width for width in widths])
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    notes = [f"{result.name}: {result.note}" for result in results if result.note]
    return "\n".join(lines + ([""] + notes if notes else []))
