"""One module a family; each states `FAMILY` (or `FAMILIES`, where forms differ in a word or two)."""
