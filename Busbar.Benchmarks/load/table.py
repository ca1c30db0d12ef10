"""The figures of a run, with their targets."""


class Table:
    def __init__(self):
        self.rows = []

    def add(self, figure, measured, ratio="", target="", met=None):
        self.rows.append((figure, measured, ratio, target, "" if met is None else "met" if met else "MISSED"))

    def ratio(self, figure, value, unit, base, base_name, limit):
        if value is None or not base or base <= 0:
            self.add(figure, "not measured", "", f"<= {limit:g} x {base_name}")
            return
        r = value / base
        self.add(figure, f"{value:.1f} {unit}", f"{r:.2f} x {base_name}", f"<= {limit:g} x {base_name}", r <= limit)

    def limit(self, figure, value, unit, limit):
        self.add(figure, "not measured" if value is None else f"{value:.1f} {unit}", "", f"<= {limit:g} {unit}", None if value is None else value <= limit)

    def show(self):
        rows = [("figure", "measured", "ratio", "target", "")] + self.rows
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        for i, row in enumerate(rows):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
            if i == 0:
                print("  ".join("-" * width for width in widths))


class Grid:
    """A table of pairs: one row for each protocol a client speaks, one column for each a provider speaks."""

    def __init__(self, title, names, values, limit):
        self.title, self.names, self.values, self.limit = title, names, values, limit

    def show(self):
        width = max(len(name) for name in self.names) + 1
        missed = sum(value > self.limit for value in self.values.values())
        print(f"\n{self.title}, target <= {self.limit:g} each: {'met' if not missed else f'{missed} MISSED (marked !)'}")
        print(" " * width + "".join(name.rjust(width) for name in self.names))
        for row in self.names:
            cells = (self.values[row, column] for column in self.names)
            print(row.ljust(width) + "".join(f"{value:.2f}{'!' if value > self.limit else ' '}".rjust(width) for value in cells))
