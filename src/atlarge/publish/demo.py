"""The worked case, by the same public functions as any other: `examples.yaml` names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from atlarge.explain import Answer, explain
from atlarge.files import shipped_yaml
from atlarge.publish.i18n import Words
from atlarge.publish.reports import report
from atlarge.publish.site import publish


def demo(out: Path) -> tuple[Answer, dict[str, Any]]:
    """Answer the example on the embedded records; write its report and a small site below `out`.

    Returns the answer, and a document: title, sentences, headline (label, text, numbers), the paths report
    and site, and the answer's own.
    """
    example = shipped_yaml("atlarge", "examples.yaml")["demo"]
    answer = explain(example["place"], policy=example["policy"])
    document = answer.to_dict()
    return answer, {
        "title": f"{document['place_name']}: {document['policy']['title']}",
        "sentences": document["sentences"],
        "headline": _headline(document),
        "report": str(report(answer, out / "report.html")),
        "site": str(publish(out / "site", levels=example["site_levels"], answers=[]).path),
        "answer": document,
    }


def _headline(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The numbers a person looks for first, each as a label and a short text."""
    rows, words = [], Words("en")
    for span in document["spans"]:
        if span["measure"] == "at_large" and span["area"] == document["spans"][0]["area"]:
            text = f"{span['observed']:,.0f} observed, {span['counterfactual']['value']:,.0f} expected"
            when = words(f"span.{span['span']}").lower()
            rows.append({"label": f"Arrests at large, {when}", "text": text, **span})
    return rows
