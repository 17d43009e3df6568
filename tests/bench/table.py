"""Turns lab.py's rows into the table of `make bench`. Judges only in the last column, and never by its exit status."""

import json
import sys


def amount(value, unit):
    return f"{value:.3g} {unit}" if value < 10 else f"{value:.0f} {unit}"


def cells(row):
    value, unit = row["p50"], row["unit"]
    measured = f"{amount(value, unit)} / {amount(row['p99'], unit)}"
    baseline, ratio, aims, met = row.get("no_baseline", ""), "", [], []
    if row.get("baseline"):
        name, base = row["baseline"]
        baseline = f"{amount(base, unit)} ({name})"
        quotient = value / base
        ratio = f"{quotient:.2f}x" if quotient >= 0.1 else f"1/{1 / quotient:.0f}"
    if "aim" in row:
        text, limit = row["aim"]
        aims.append(text)
        met.append(value < limit)
    if "ratio_aim" in row and row.get("baseline"):
        text, limit = row["ratio_aim"]
        aims.append(text)
        met.append(value / base <= limit)
    if "faster" in row:
        text, limit = row["faster"]
        aims.append(text)
        if row.get("baseline"):
            met.append(base / value >= limit)
    if "at_least" in row:
        text, limit = row["at_least"]
        aims.append(text)
        if row.get("baseline"):
            met.append(value / base > limit)
    answers = ["yes" if one else "NO" for one in met] or ["" if not aims else "not measured"]
    return [row["what"], measured, baseline, ratio, " and ".join(aims), ", ".join(dict.fromkeys(answers))]


def main():
    head = ["what", "p50 / p99", "baseline of the same run", "ratio", "aim", "met?"]
    lines = [head] + [cells(json.loads(line)) for line in sys.stdin if line.strip()]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for number, line in enumerate(lines):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


if __name__ == "__main__":
    main()
