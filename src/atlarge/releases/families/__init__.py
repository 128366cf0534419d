"""Release families: `*.yaml`, or a module that states `FAMILY` (or `FAMILIES`) where rows are reshaped."""
