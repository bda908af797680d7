"""Say whose voice each paragraph of a page is: `python predict.py FILE...`."""

import argparse
import os
import shutil
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path

from newsvoices.baselines import Baseline
from newsvoices.checkpoints import ModelError
from newsvoices.classifier import Classifier, load
from newsvoices.inputs import RENDERED, STANDARD_INPUT, Unreadable, read_sources, same_file
from newsvoices.pages import Page
from newsvoices.predictions import Prediction
from newsvoices.rendering import (
    html_page,
    json_rows,
    printable,
    terminal_legend,
    terminal_text,
)
from newsvoices.runs import RunError, find_run

Labelled = Iterable[tuple[str, list[Prediction]]]

EPILOG = """Exit status: 0; 1 if a file could not be read (its reason is printed, the others are
labelled all the same); 2 if nothing could be done."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, label the pages; returns the exit status."""
    options = parser().parse_args(arguments)
    if any(same_file(name, options.output) for name in options.files if not Path(name).is_dir()):
        return fail(f"{options.output}: expected another file to write to than those to read")
    try:
        model = options.model or find_run(Path(options.runs), options.run) / "model"
        classifier = load(model, device=options.device, bfloat16=options.bfloat16)
    except (ModelError, RunError) as error:
        return fail(str(error))
    failures: list[str] = []
    sources = read_sources(options.files, options.output)
    pages = labelled(classifier, sources, options.min_score, failures)
    try:
        if options.format == "html":
            write_pages(pages, Path(options.output or "."))
        else:
            write_stream(pages, options.format, options.output)
    except BrokenPipeError:  # the reader, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        name = error.filename or options.output or "standard output"
        return fail(f"{name}: cannot be written: {error.strerror}")
    except KeyboardInterrupt:
        return 130
    return 1 if failures else 0


def labelled(
    classifier: Classifier | Baseline,
    sources: Iterable[Page | Unreadable],
    min_score: float,
    failures: list[str],
) -> Labelled:
    """Read and classify lazily; report what cannot be read and add it to `failures`."""
    waiting: deque[str] = deque()

    def pages() -> Iterator[Page]:
        for source in sources:
            if isinstance(source, Unreadable):
                print(f"predict.py: {printable(source.reason)}", file=sys.stderr)
                failures.append(source.reason)
            else:
                waiting.append(source.id)
                yield source

    for predictions in classifier.classify_pages(pages(), min_score=min_score):
        yield waiting.popleft(), predictions


def write_stream(pages: Labelled, kind: str, output: str | None) -> None:
    """Write text or JSON lines to a file, or to standard output as pages get ready."""
    with ExitStack() as stack:
        stream = sys.stdout
        if isinstance(stream, TextIOWrapper):  # what is redirected is UTF-8, whatever the system
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
        if output is not None:
            stream = stack.enter_context(Path(output).open("w", encoding="utf-8"))
        colour = stream.isatty() and not os.environ.get("NO_COLOR")
        width = shutil.get_terminal_size((100, 24)).columns if stream.isatty() else 100
        if kind == "text":
            print(terminal_legend(colour=colour, width=width), file=stream)
        for page_id, predictions in pages:
            if kind == "text":
                page = terminal_text(page_id, predictions, colour=colour, width=width)
                print(page, file=stream, flush=True)
            else:
                for row in json_rows(page_id, predictions):
                    print(row, file=stream, flush=True)


def write_pages(pages: Labelled, folder: Path) -> None:
    """Write one HTML file a page into a folder and print its path."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for page_id, predictions in pages:
        stem = "standard-input" if page_id == STANDARD_INPUT else Path(page_id).stem
        name, number = stem, 2
        while name in taken:  # the same name in two folders
            name, number = f"{stem}.{number}", number + 1
        taken.add(name)
        file = folder / f"{name}{RENDERED}"
        file.write_text(html_page(page_id, predictions), encoding="utf-8")
        print(printable(str(file)), flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="predict.py", description=__doc__, epilog=EPILOG)
    made.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="an HTML or plain-text file, a folder of them, a glob, or - for standard input",
    )
    source = made.add_mutually_exclusive_group()
    source.add_argument("--run", help="name of a run; by default the newest complete one")
    source.add_argument("--model", help="a model folder or hub id in place of a run")
    made.add_argument("--runs", default="runs", help="folder of all runs (default: runs)")
    made.add_argument(
        "--format",
        choices=("text", "jsonl", "html"),
        default="text",
        help="text for a terminal; a JSON object a paragraph; or an HTML page for each input",
    )
    made.add_argument(
        "--output", help="file to write to, with html a folder (default: the current one)"
    )
    made.add_argument(
        "--min-score",
        type=float,
        default=0.0,
        help="leave paragraphs whose best score is lower without a label; `python evaluate.py` "
        "says which score gives which precision",
    )
    made.add_argument("--device", help="where torch runs (default: a GPU if there is one)")
    made.add_argument(
        "--bfloat16",
        action="store_true",
        help="faster on a GPU or a CPU with AMX; scores change in the second or third digit",
    )
    return made


def fail(message: str) -> int:
    """Report what keeps everything from being done."""
    print(f"predict.py: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
