"""Release families: the facts of each in a YAML file; a module beside it has what reshapes its rows."""
