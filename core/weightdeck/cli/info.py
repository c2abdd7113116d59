"""Say what a run file holds. The file is not changed, and may be open elsewhere."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from weightdeck.cli.arguments import add_file
from weightdeck.cli.documents import reading
from weightdeck.cli.output import emit, say

if TYPE_CHECKING:
    from weightdeck.store.document import RunDocument

HELP = "what a run file holds"
EPILOG = (
    "Losses are in nats. The hashes are those of the newest keyframe; later steps are computed again from it."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_file(parser)


def run(args: argparse.Namespace) -> int:
    """Tell all of it."""
    with reading(args.file) as document:
        found = _found(document)
    found = {"file": str(args.file), **found}
    if args.json:
        emit(found)
    else:
        say(_words(found))
    return 0


def _found(document: RunDocument) -> dict[str, Any]:
    """Of the branch that trains, unless it says otherwise."""
    status = document.status
    branch = document.branch
    spec, step = branch.spec, document.head.step
    losses = document.metrics(branch.number)
    record = document.newest_record(document.head)
    keyframe = document.way_to(document.head).keyframe
    return {
        "preset": spec.preset,
        "seed": spec.seed,
        "threads": spec.threads,
        "model": asdict(spec.model),
        "parameters": spec.model.num_parameters,
        "step": step,
        "max_iters": keyframe.controls.hyperparameters.max_iters,
        "train_loss": float(losses[-1, 1]) if len(losses) else None,
        "val_loss": None if record is None else record.validation_loss,
        "val_loss_step": None if record is None else record.step,
        "branch": branch.number,
        "branches": [
            {
                "number": each.number,
                "name": each.name,
                "parent": each.parent,
                "from_step": each.step,
                "head": head,
                "seed": each.spec.seed,
                "commands": len(document.journal(each.number)),
            }
            for each, head in zip(status.branches, status.heads, strict=True)
        ],
        "bookmarks": [
            {"branch": each.place.branch, "step": each.place.step, "name": each.name}
            for each in status.bookmarks
        ],
        "commands": len(document.journal(branch.number)),
        "keyframes": {
            "count": len(document.keyframes),
            "bytes": sum(key.size for key in document.keyframes),
        },
        "bytes": status.bytes,
        "numerics": document.numerics_of(branch.number),
        "is_of_this_machine": document.is_of_this_machine(document.head),
        "keyframe_step": keyframe.step,
        "weights_sha256": keyframe.weights_sha256,
        "state_sha256": keyframe.state_sha256,
        "note": status.note,
    }


def _words(found: dict[str, Any]) -> str:
    """The same for a person."""
    model = found["model"]
    here = "this machine's" if found["is_of_this_machine"] else "not all of this machine"
    lines = [
        f"{found['file']}: {found['preset']}, seed {found['seed']}, {found['bytes'] / 1e6:.1f} MB",
        (
            f"model            {found['parameters']:,} parameters: {model['n_layer']} blocks, {model['n_head']} heads, "
            f"{model['n_embd']} features, context {model['block_size']}"
        ),
        f"step             {found['step']:,} of {found['max_iters']:,}",
    ]
    if found["train_loss"] is not None:
        lines.append(f"training loss    {found['train_loss']:.4f} nats, in the last step's batch")
    if found["val_loss"] is not None:
        lines.append(
            f"validation loss  {found['val_loss']:.4f} nats, of a sample at step {found['val_loss_step']:,}"
        )
    lines += [_branch_words(each, found["branch"]) for each in found["branches"]]
    lines += [
        f"bookmark         {each['name']!r}: branch {each['branch']}, step {each['step']:,}"
        for each in found["bookmarks"]
    ]
    keyframes = found["keyframes"]
    lines += [
        f"commands         {found['commands']:,}",
        (
            f"keyframes        {keyframes['count']:,}, {keyframes['bytes'] / 1e6:.1f} MB; the newest at step "
            f"{found['keyframe_step']:,}"
        ),
        f"weights sha256   {found['weights_sha256']}",
        f"state sha256     {found['state_sha256']}",
        f"numerics         {found['numerics']} ({here})",
    ]
    if found["note"]:
        lines.append(f"note             {found['note']}")
    return "\n".join(lines)


def _branch_words(branch: dict[str, Any], current: int) -> str:
    origin = (
        ""
        if branch["parent"] is None
        else f", left branch {branch['parent']} at step {branch['from_step']:,}"
    )
    mark = ", trains" if branch["number"] == current else ""
    return f"branch {branch['number']:<9} {branch['name']!r}, step {branch['head']:,}{origin}{mark}"
