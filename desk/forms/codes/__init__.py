"""The lists of codes, a JSON file each, with what a code is called in four languages: `desk.forms.definition`."""
