"""The forms, a JSON file for each version of each; their shape: `desk.forms.definition`."""
