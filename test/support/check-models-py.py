"""Reads cases as JSON lines; says for each whether the edit is what it should be, by CPython's own parser."""
import ast
import json
import sys


def definition(module, name):
    for node in module.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and getattr(target, "id", None) == name:
            return node.value
    raise ValueError(name + " is gone")


def take(found, key):
    """Takes the item with this key out of a dict of the tree, and gives its value."""
    for at, node in enumerate(found.keys):
        if isinstance(node, ast.Constant) and node.value == key and isinstance(node.value, str):
            del found.keys[at]
            return found.values.pop(at)
    return None


def check(case):
    before, after = (ast.parse(case[name].encode("utf-8")) for name in ("before", "after"))
    for name, wanted in (("model_cards", case["card"]), ("pretty_name", case["label"])):
        take(definition(before, name), case["id"])
        value = take(definition(after, name), case["id"])
        if value is None or ast.literal_eval(value) != wanted:
            return name + " does not have the entry"
        if take(definition(after, name), case["id"]) is not None:
            return name + " has the entry twice"
    if ast.dump(before) != ast.dump(after):
        return "something else has changed"
    return "ok"


for line in sys.stdin:
    try:
        print(json.dumps(check(json.loads(line))))
    except (SyntaxError, ValueError) as error:
        print(json.dumps(repr(error)))
