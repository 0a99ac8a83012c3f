# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a failover drill as one HTML page that needs nothing else: no script, no font, no address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils._drill import NAMES, TIMES, duration

_ABOUT = {
    "detected": "a client's send failed, or no name server named the member any more",
    "leader": "every name server that was left named a leader",
    "accepted": "the group acknowledged a message again",
    "whole": "every member was back and had caught up",
}
_KILLS = {
    "process": "SIGKILL of the broker",
    "host": "The host gone, as by a power cut",
    "network": "The host cut off from the network",
}
_STRIKES = {"process": "killed", "host": "gone", "network": "cut off"}
_COUNTS = {
    "sent": "sent",
    "acknowledged": "acknowledged",
    "given_up": "given up after three attempts",
    "lost": "acknowledged and lost",
    "duplicated": "stored twice",
    "unacknowledged": "stored, not acknowledged",
}

_STYLE = """
:root { color-scheme: light dark;
  --page: #f6f7f8; --card: #ffffff; --text: #1c2126; --soft: #5c6670; --line: #dde1e5;
  --sent: #2b6cb0; --failed: #c2410c; --good: #1a7f46; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171a; --card: #1d2125; --text: #e7eaed; --soft: #9aa4ae; --line: #333a41;
  --sent: #63a4e8; --failed: #f08a5d; --good: #4cc38a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
.over { margin: 0; color: var(--soft); font-size: .875rem; }
h1 { margin: .25rem 0 .5rem; font-size: 1.75rem; line-height: 1.25; text-wrap: balance; }
h2 { margin: 0 0 .25rem; font-size: 1.125rem; }
p { margin: .25rem 0; }
.state { font-weight: 600; }
.state.good { color: var(--good); } .state.bad, .bad { color: var(--bad); }
.tiles, .counts { display: grid; gap: .75rem; margin: 1.25rem 0; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
.counts { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
.card { margin: 1.25rem 0; }
.tile b { display: block; font-size: 1.75rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.counts .tile { padding: .625rem .875rem; } .counts b { font-size: 1.25rem; }
.tile span, .soft { color: var(--soft); font-size: .875rem; }
.scroll { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 44rem; height: auto; margin-top: .75rem; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg .mark text { fill: var(--text); } svg .mark line { stroke: var(--text); stroke-dasharray: 3 3; opacity: .55; }
svg .grid { stroke: var(--line); } svg .sent { fill: var(--sent); } svg .failed { fill: var(--failed); }
.key { display: inline-block; width: .75rem; height: .75rem; border-radius: .125rem; margin: 0 .25rem 0 .75rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9375rem; }
th, td { text-align: right; padding: .375rem .625rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
th:first-child, td:first-child, .left { text-align: left; }
"""

_WIDTH, _LEFT, _RIGHT = 1000, 44, 20
_ROW, _TOP, _BARS, _BELOW = 18, 10, 130, 46


def page(report: Mapping[str, Any]) -> str:
    """The whole document."""
    drills = report["drills"]
    first = drills[0]
    title = f"Failover drill {report['name']}"
    state = ("good", "passed") if report["good"] else ("bad", "failed")
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f'<p class="over">Failover drill · cluster {escape(first["cluster"])} · RocketMQ {escape(first["version"])} · '
        f"{escape(_moment(first['at']))}</p>",
        f"<h1>{escape(_headline(report))}</h1>",
        f'<p><span class="state {state[0]}">Drill {state[1]}.</span> '
        f"{escape(_KILLS[first['kill']])}; {escape(str(first['rate']))} messages a second, sent from "
        f"{escape(first['watcher'])}.</p>",
        *_problems(drills),
        *_tiles(report),
        *_counts(report["messages"]),
        *(_table(drills) if len(drills) > 1 else []),
        *(line for number, one in enumerate(drills, 1) for line in _drill(one, number, len(drills))),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _headline(report: Mapping[str, Any]) -> str:
    drills = report["drills"]
    if len(drills) == 1 or not report["good"]:
        return str(next((one for one in drills if one["problems"]), drills[0])["verdict"]) + "."
    accepted = report["summary"]["accepted"]
    groups = ", ".join(sorted({one["group"] for one in drills}))
    if not accepted["of"]:
        return f"{len(drills)} drills: {groups} went on taking messages, and lost none."
    return (
        f"{len(drills)} drills: {groups} took messages again after {duration(accepted['median'])} (median), "
        f"{duration(accepted['worst'])} at worst, and lost none."
    )


def _moment(iso: str) -> str:
    return f"{iso[:10]} {iso[11:19]} UTC"


def _problems(drills: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    found = [sentence for one in drills for sentence in one["problems"]]
    # A single one is the headline.
    if len(found) > 1:
        yield '<ul class="bad">' + "".join(f"<li>{escape(sentence)}</li>" for sentence in found) + "</ul>"


def _tiles(report: Mapping[str, Any]) -> Iterator[str]:
    """The four times: those of the only drill, or median and worst."""
    several = len(report["drills"]) > 1
    yield '<div class="tiles">'
    for name in TIMES:
        found = report["summary"][name]
        worst = f"<p>median; {duration(found['worst'])} at worst</p>" if several else ""
        yield (
            f'<div class="tile"><span>{NAMES[name]}</span><b>{duration(found["median"])}</b>{worst}'
            f"<span>{_ABOUT[name]}</span></div>"
        )
    yield "</div>"


def _counts(messages: Mapping[str, int]) -> Iterator[str]:
    yield '<div class="counts">'
    for name, words in _COUNTS.items():
        bad = ' class="bad"' if name == "lost" and messages[name] else ""
        yield f'<div class="tile"><b{bad}>{messages[name]:,}</b><span>{words}</span></div>'
    yield "</div>"


def _table(drills: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    heads = ["drill", "killed", "detected", "new leader", "accepted", "whole", "pause", "acknowledged", "lost", "twice"]
    yield '<div class="card scroll"><table><thead><tr>'
    yield "".join(f"<th{' class=left' if head == 'killed' else ''}>{head}</th>" for head in heads)
    yield "</tr></thead><tbody>"
    for number, one in enumerate(drills, 1):
        counts = one["messages"]
        cells = [
            *(duration(one["times"][name]) for name in TIMES),
            duration(one["pause"]),
            *(f"{counts[name]:,}" for name in ("acknowledged", "lost", "duplicated")),
        ]
        bad = ' class="bad"' if one["problems"] else ""
        yield f'<tr{bad}><td>{number}</td><td class="left">{escape(one["group"])} on {escape(one["host"])}</td>'
        yield "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table></div>"


def _drill(one: Mapping[str, Any], number: int, of: int) -> Iterator[str]:
    what = "leader" if one["led"] else "follower"
    yield '<section class="card">'
    yield f"<h2>{f'{number}. ' if of > 1 else ''}{escape(one['group'])}: {what} {escape(one['host'])}</h2>"
    width = one["timeline"]["bin_ms"]
    yield (
        f'<p class="soft">Attempts to send, per {duration(width / 1000) if width >= 1000 else f"{width} ms"}: '
        '<span class="key" style="background: var(--sent)"></span>acknowledged'
        '<span class="key" style="background: var(--failed)"></span>failed</p>'
    )
    yield f'<div class="scroll">{picture(one)}</div>'
    yield from (f'<p class="soft">{line}</p>' for line in _details(one))
    yield "</section>"


def _details(one: Mapping[str, Any]) -> Iterator[str]:
    """What the times are made of; already escaped."""
    if one["leader_after"]:
        yield f"{escape(one['address'])} {'led' if one['led'] else 'followed'}; then {escape(one['leader_after'])} led."
    for key, words in (("forgotten", "Not named any more by"), ("new_leader", "A leader named by")):
        moments = [f"{escape(server)} after {duration(after)}" for server, after in sorted(one[key].items())]
        if moments:
            yield f"{words} {', '.join(moments)}."
    if one["failed_attempts"]:
        reasons = ", ".join(f"{count:,} × {escape(why)}" for why, count in one["failed_attempts"].items())
        yield f"Attempts that failed: {reasons}. The first one ended after {duration(one['first_failure'])}."
    yield f"Longest time without an acknowledgement: {duration(one['pause'])}."
    if one["within_ms"] is not None:
        ahead = one["clock_ahead_ms"]
        how = f"{abs(ahead):.0f} ms {'behind' if ahead < 0 else 'ahead of'}"
        what = "of the kill" if one["kill"] == "process" else "at which the host was to go"
        yield (
            f"The clock of {escape(one['host'])} was {how} that of {escape(one['watcher'])}; the moment {what} "
            f"is known to {one['within_ms']:.1f} ms."
        )


def picture(one: Mapping[str, Any]) -> str:
    """The timeline as SVG: bars of acknowledged sends up, of failed ones down, and a line for each moment."""
    line = one["timeline"]
    start, width, bins = line["from_ms"], line["bin_ms"], len(line["acknowledged"])
    span = bins * width
    scale = (_WIDTH - _LEFT - _RIGHT) / span
    moments = [(0.0, _STRIKES[one["kill"]]), *_moments(one)]
    marks = list(_placed(moments, lambda moment: _LEFT + (moment - start) * scale))
    rows = 1 + max(row for _x, _text, row, _anchor in marks)
    top = _TOP + rows * _ROW
    base = top + _BARS
    most = max([1, *line["acknowledged"]])
    worst = max([1, *line["failed"]])
    sent = _bars(line["acknowledged"], scale * width, base, -_BARS / most)
    failed = _bars(line["failed"], scale * width, base, _BELOW / worst)
    height = base + _BELOW + 24
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(one["verdict"])}">',
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{top}" y2="{top}"/>',
        f'<text x="{_LEFT - 6}" y="{top + 4}" text-anchor="end">{most}</text>',
        f'<text x="{_LEFT - 6}" y="{base + 4}" text-anchor="end">0</text>',
    ]
    if any(line["failed"]):
        parts.append(f'<text x="{_LEFT - 6}" y="{base + _BELOW + 4}" text-anchor="end">{worst}</text>')
    parts += [f'<path class="sent" d="{sent}"/>', f'<path class="failed" d="{failed}"/>']
    parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{base}" y2="{base}"/>')
    for second in _ticks(start / 1000, (start + span) / 1000):
        x = _LEFT + (second * 1000 - start) * scale
        parts.append(f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle">{second:g} s</text>')
    for x, text, row, anchor in marks:
        y = _TOP + row * _ROW + 8
        shift = -4 if anchor == "end" else 4
        parts.append(
            f'<g class="mark"><line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 10}" y2="{base + _BELOW}"/>'
            f'<text x="{x + shift:.1f}" y="{y}" text-anchor="{anchor}">{text}</text></g>'
        )
    return "".join([*parts, "</svg>"])


def _moments(one: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    for name in TIMES:
        seconds = one["times"][name]
        if seconds is not None:
            yield seconds * 1000, f"{NAMES[name]} {duration(seconds)}"


def _placed(moments: Sequence[tuple[float, str]], x_of: Any) -> Iterator[tuple[float, str, int, str]]:
    """Each with its place, row and anchor: as high up as no other label is in the way."""
    taken: list[float] = []
    for moment, text in sorted(moments):
        x, width = x_of(moment), 8 + 6.6 * len(text)
        anchor = "end" if x + width > _WIDTH else "start"
        left = x - width if anchor == "end" else x
        row = next((row for row, until in enumerate(taken) if until < left), len(taken))
        taken[row : row + 1] = [left + width]
        yield x, text, row, anchor


def _bars(values: Sequence[int], width: float, base: float, unit: float) -> str:
    """The outline of all bars as one path."""
    drawn = max(0.6, width - 0.3)
    return "".join(
        f"M{_LEFT + number * width:.1f} {base:g}v{value * unit:.1f}h{drawn:.1f}V{base:g}z"
        for number, value in enumerate(values)
        if value
    )


def _ticks(first: float, last: float) -> list[float]:
    """Seconds to write below the picture, about ten of them."""
    step = next((step for step in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600) if (last - first) / step <= 12), 1200)
    return [second * step for second in range(int(first // step), int(last // step) + 1) if second * step >= first]
