"""The contract of the inner layers, as an allow list: a new dependency is forbidden there unlisted.

For import-linter, which calls it with the graph of every import of `services`, `shared` and `deploy`.
"""

import sys
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

Import = tuple[str, str]


class InnerLayersContract(Contract):
    """Every service's `layers` import the standard library, `allowed` and its own `layers`."""

    type_name = "inner_layers"

    layers = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        layers = cast(list[str], self.layers)
        allowed = cast(list[str], self.allowed)
        forbidden = [
            (importer, imported)
            for importer in sorted(graph.modules)
            if is_inner(importer, layers)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not may_import(importer, imported, layers, allowed)
        ]
        return ContractCheck(kept=not forbidden, metadata={"forbidden": forbidden})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in cast(list[Import], check.metadata["forbidden"]):
            output.print_error(f"{importer} imports {imported}", bold=False)
        output.new_line()


def is_inner(module: str, layers: list[str]) -> bool:
    """Whether `module` is `services.<service>.<layer>` or below it."""
    parts = module.split(".")
    return len(parts) > 2 and parts[0] == "services" and parts[2] in layers


def may_import(importer: str, imported: str, layers: list[str], allowed: list[str]) -> bool:
    if imported.split(".", 1)[0] in sys.stdlib_module_names:
        return True
    if is_inner(imported, layers) and imported.split(".")[1] == importer.split(".")[1]:
        return True
    return any(imported == name or imported.startswith(name + ".") for name in allowed)
